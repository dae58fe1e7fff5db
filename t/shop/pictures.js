// Copyright (C) 2026 pancake checkout contributors

// Drawings.  They say nothing that the text beside them does not.

const svg = (box, body) => (
    `<svg viewBox="0 0 ${box}" aria-hidden="true" focusable="false">${body}`
    + '</svg>');

const plate = '<ellipse cx="80" cy="98" rx="66" ry="12" fill="#e9bd80"/>'
    + '<ellipse cx="80" cy="94" rx="60" ry="10" fill="#fffdf8"/>';

const cake = (x, y, width, fill) => (
    `<rect x="${x}" y="${y}" width="${width}" height="16" rx="8"`
    + ` fill="${fill}" stroke="#8a4b14" stroke-width="1.5"/>`);

const butter = (x, y) => (
    `<path d="M${x} ${y}l15-6 13 6-15 7z" fill="#fff1a8"/>`
    + `<path d="M${x} ${y}v7l13 7v-7zM${x + 13} ${y + 7}v7l15-7v-7z"`
    + ' fill="#f7d860"/>');

export const pictures = {
    logo: svg('32 32', ''
        + '<circle cx="16" cy="16" r="14" fill="#e6a353" stroke="#8a4b14"'
        + ' stroke-width="2"/>'
        + '<path d="M8 15c2-6 14-7 17-1 1 3-2 2-2 6 0 3-4 3-4 0 0-5-6-2-8-1'
        + '-3 1-4-1-3-4z" fill="#8f3f0a"/>'
        + '<path d="M13 12l4-2 4 2-4 2z" fill="#fff1a8"/>'),

    stack: svg('160 116', plate + cake(34, 76, 92, '#d98e3c')
        + cake(30, 62, 98, '#e6a353') + cake(36, 48, 90, '#d98e3c')
        + '<ellipse cx="80" cy="46" rx="46" ry="13" fill="#f0b769"/>'
        + '<path d="M44 46c0-9 16-14 37-14s37 5 37 14c0 5-5 4-5 10v12c0 6-8'
        + ' 6-8 0v-7c0-5-7-5-7 0-1 5-8 5-8-1 0-4-40-1-43-7-2-3-3-4-3-7z"'
        + ' fill="#8f3f0a" opacity=".85"/>' + butter(66, 36)),

    crepe: svg('160 116', plate
        + '<path d="M24 88C40 44 92 22 128 30c10 26-2 50-22 60-26 10-60 10'
        + '-82-2z" fill="#f0b769" stroke="#8a4b14" stroke-width="1.5"/>'
        + '<path d="M24 88C52 60 92 44 128 30" fill="none" stroke="#8a4b14"'
        + ' stroke-width="1.5"/>'
        + '<path d="M24 88C60 74 98 66 124 62" fill="none" stroke="#b9711f"'
        + ' stroke-width="1.5"/>'
        + '<g fill="#b9711f" opacity=".6"><circle cx="92" cy="58" r="4"/>'
        + '<circle cx="112" cy="46" r="3"/><circle cx="70" cy="82" r="4"/>'
        + '<circle cx="100" cy="80" r="3"/></g>'
        + '<g fill="#b3261e"><circle cx="54" cy="92" r="5"/>'
        + '<circle cx="64" cy="95" r="5"/></g>'),

    syrup: svg('160 116', '<ellipse cx="80" cy="104" rx="40" ry="7"'
        + ' fill="#e9bd80"/>'
        + '<path d="M68 14h24v16c0 8 18 14 18 32v34c0 5-4 8-9 8H59c-5 0-9-3'
        + '-9-8V62c0-18 18-24 18-32z" fill="#8f3f0a" stroke="#5d2704"'
        + ' stroke-width="1.5"/>'
        + '<rect x="64" y="8" width="32" height="10" rx="3" fill="#f7d860"/>'
        + '<path d="M50 66h60v24H50z" fill="#fff8ec"/>'
        + '<path d="M80 69l3 5 5-1-1 5 4 3-5 2v4h-5l-1 2-1-2h-5v-4l-5-2 4-3'
        + '-1-5 5 1z" fill="#b3261e"/>'),

    cards: svg('160 116', '<g stroke="#8a4b14" stroke-width="1.5">'
        + '<rect x="44" y="26" width="78" height="62" rx="5" fill="#e6a353"'
        + ' transform="rotate(-9 82 58)"/>'
        + '<rect x="42" y="30" width="78" height="62" rx="5" fill="#fffdf8"'
        + ' transform="rotate(5 82 58)"/></g>'
        + '<g transform="rotate(5 82 58)" stroke="#c08a4a" stroke-width="2"'
        + ' stroke-linecap="round"><path d="M52 44h34M52 56h58M52 66h58M52'
        + ' 76h40"/></g><circle cx="104" cy="48" r="9" fill="#f0b769"'
        + ' stroke="#8a4b14" stroke-width="1.5"/>'),

    tick: svg('48 48', '<circle cx="24" cy="24" r="22" fill="#f0b769"'
        + ' stroke="#8a4b14" stroke-width="2"/>'
        + '<path d="M14 25l7 7 14-15" fill="none" stroke="#6b2f05"'
        + ' stroke-width="4" stroke-linecap="round"'
        + ' stroke-linejoin="round"/>'),
};
