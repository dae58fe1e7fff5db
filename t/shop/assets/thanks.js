// Copyright (C) 2026 pancake checkout contributors

// Asks again whether it is paid, without loading the page anew.

'use strict';

const EVERY_MS = 2000;
const AT_MOST_MS = 15 * 60 * 1000;

const waiting = new Set(['unpaid', 'unknown']);
const box = document.getElementById('status');
const until = Date.now() + AT_MOST_MS;

async function renew() {
    const answer = await fetch('/thanks');
    const other = new DOMParser().parseFromString(await answer.text(),
                                                  'text/html');
    const status = other.getElementById('status');

    if (!answer.ok || !status) {
        return;
    }

    const hadFocus = box.contains(document.activeElement);

    // the cart beside it is another one now, too

    document.querySelector('header').replaceWith(
        other.querySelector('header'));
    document.title = other.title;
    box.dataset.state = status.dataset.state;
    box.replaceChildren(...status.childNodes);

    if (hadFocus) {
        box.tabIndex = -1;
        box.focus();
    }
}

async function ask() {
    try {
        const answer = await fetch('/thanks/status');
        const { state } = await answer.json();

        if (answer.ok && state !== box.dataset.state) {
            await renew();
        }

    } catch {
        // offline, for example: the next attempt may do better
    }
}

async function watch() {
    while (waiting.has(box.dataset.state) && Date.now() < until) {
        await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
        await ask();
    }
}

// who asks wants to see that something was done

async function askNow() {
    await ask();

    const line = document.getElementById('checked');

    if (line) {
        line.textContent = `Checked at ${new Date().toLocaleTimeString()}.`;
    }
}

box.addEventListener('click', (event) => {
    if (event.target.id === 'again') {
        event.preventDefault();
        askNow();
    }
});

watch();
