// Copyright (C) 2026 pancake checkout contributors

// What can be said of a page by looking at it.  The functions run inside the
// page, so each stands alone, and gives a list of complaints.

// Words and controls that reach beyond the window, and what is too small for
// a finger.

export function layout() {
    const complaints = [];
    const root = document.documentElement;
    const name = (element) => (
        `${element.localName} "${element.textContent.trim()
            .replace(/\s+/g, ' ').slice(0, 40)}"`);

    if (root.scrollWidth > root.clientWidth) {
        complaints.push(`scrolls sideways: ${root.scrollWidth} px in a`
                        + ` window of ${root.clientWidth} px`);
    }

    for (const element of document.querySelectorAll('body *')) {
        const { left, right, width } = element.getBoundingClientRect();

        if (width > 1 && element.checkVisibility()
            && (left < -.5 || right > root.clientWidth + .5))
        {
            complaints.push(`reaches beyond the window: ${name(element)}`);
        }

        if (element.scrollWidth > element.clientWidth + 1
            && !['visible', 'clip'].includes(
                getComputedStyle(element).overflowX)
            && width > 1)
        {
            complaints.push(`scrolls or is cut: ${name(element)}`);
        }
    }

    const controls = 'button, a.button, [role="button"], select, textarea,'
                     + ' input:not([type="hidden"])';

    for (const element of document.querySelectorAll(controls)) {
        const { height, width } = element.getBoundingClientRect();

        if (element.checkVisibility() && (height < 43.5 || width < 43.5)) {
            complaints.push(`small: ${name(element)} is`
                            + ` ${Math.round(width)} x ${Math.round(height)}`);
        }
    }

    // links in running text are as high as the text; others stand alone

    for (const element of document.querySelectorAll('nav a, header a')) {
        const { height } = element.getBoundingClientRect();

        if (height < 24) {
            complaints.push(`small: ${name(element)} is ${height} high`);
        }
    }

    return complaints;
}

// Labels, headings, landmarks: what is read out.

export function structure() {
    const complaints = [];
    const all = (selector) => [...document.querySelectorAll(selector)];
    const fields = 'input:not([type="hidden"]), select, textarea';

    for (const field of all(fields)) {
        const label = [...field.labels].map((one) => one.textContent).join('')
                      || field.getAttribute('aria-label') || '';

        if (label.trim() === '') {
            complaints.push(`no label: ${field.outerHTML}`);
        }

        for (const id of (field.getAttribute('aria-describedby') ?? '')
            .split(' '))
        {
            if (id !== '' && !document.getElementById(id)) {
                complaints.push(`described by nothing: ${field.outerHTML}`);
            }
        }
    }

    for (const element of all('button, a[href]')) {
        const text = element.textContent.trim()
                     || element.getAttribute('aria-label') || '';

        if (text === '') {
            complaints.push(`nameless: ${element.outerHTML}`);
        }
    }

    for (const image of all('img, svg')) {
        if (!image.hasAttribute('alt') && !image.hasAttribute('aria-label')
            && !image.closest('[aria-hidden="true"]'))
        {
            complaints.push('neither described nor hidden: '
                            + image.localName);
        }
    }

    let level = 0;

    for (const heading of all('h1, h2, h3, h4, h5, h6')) {
        const own = Number(heading.localName.slice(1));

        if (own > level + 1) {
            complaints.push(`h${own} after h${level}: `
                            + heading.textContent.trim());
        }

        level = own;
    }

    for (const [what, count] of [['h1', all('h1').length],
                                 ['main', all('main').length]])
    {
        if (count !== 1) {
            complaints.push(`${count} ${what}`);
        }
    }

    const ids = all('[id]').map(({ id }) => id);

    for (const id of ids.filter((one, at) => ids.indexOf(one) !== at)) {
        complaints.push(`id "${id}" twice`);
    }

    if (document.documentElement.lang === '' || document.title === '') {
        complaints.push('no language or no title');
    }

    return complaints;
}

// Each piece of text against what is painted behind it.

export function contrast() {
    const LEAST = 4.5;
    const complaints = new Set();

    // [red, green, blue, alpha], 0 to 255 and 0 to 1

    const colour = (text) => {
        const [, numbers] = /^rgba?\((.*)\)$/.exec(text) ?? [];

        if (numbers === undefined) {
            throw new Error(`what colour is ${text}?`);
        }

        const [r, g, b, a = 1] = numbers.split(/[, /]+/).map(Number);

        return [r, g, b, a];
    };

    const over = ([r, g, b, a], below) => [
        ...[r, g, b].map((value, at) => value * a + below[at] * (1 - a)), 1];

    const light = (value) => (
        value <= 10.31 ? value / 255 / 12.92
            : ((value / 255 + .055) / 1.055) ** 2.4);
    const luminance = ([r, g, b]) => (
        .2126 * light(r) + .7152 * light(g) + .0722 * light(b));

    const ratio = (one, other) => {
        const [high, low] = [luminance(one), luminance(other)]
            .sort((a, b) => b - a);

        return (high + .05) / (low + .05);
    };

    // what a browser paints where a page paints nothing

    const probe = document.createElement('div');

    probe.style.backgroundColor = 'Canvas';
    document.body.append(probe);

    const canvas = colour(getComputedStyle(probe).backgroundColor);

    probe.remove();

    const background = (element) => {
        if (element === null) {
            return canvas;
        }

        const style = getComputedStyle(element);

        if (style.backgroundImage !== 'none') {
            throw new Error(`an image behind ${element.localName}`);
        }

        return over(colour(style.backgroundColor),
                    background(element.parentElement));
    };

    const opacity = (element) => (
        element === null ? 1
            : Number(getComputedStyle(element).opacity)
              * opacity(element.parentElement));

    // for those who listen

    const isHidden = (element) => {
        const { width, height } = element.getBoundingClientRect();

        return (width <= 1 && height <= 1)
            || element.closest('.hidden') !== null;
    };

    const look = (element, style, what) => {
        const behind = background(element);
        const [r, g, b, a] = colour(style.color);
        const own = over([r, g, b, a * opacity(element)
                          * (style === getComputedStyle(element) ? 1
                              : Number(style.opacity || 1))], behind);
        const found = ratio(own, behind);

        if (found < LEAST) {
            complaints.add(`${found.toFixed(2)}: "${what.trim()
                .replace(/\s+/g, ' ').slice(0, 40)}"`);
        }
    };

    const texts = document.createTreeWalker(document.body,
                                            NodeFilter.SHOW_TEXT);
    let count = 0;

    while (texts.nextNode()) {
        const { parentElement: element, data } = texts.currentNode;

        if (data.trim() !== '' && element.checkVisibility()
            && !element.closest('script, style, noscript, svg')
            && !isHidden(element))
        {
            look(element, getComputedStyle(element), data);
            count++;
        }
    }

    for (const field of document.querySelectorAll('input')) {
        if (field.type !== 'hidden' && field.checkVisibility()) {
            look(field, getComputedStyle(field), field.value);

            if (field.placeholder) {
                look(field, getComputedStyle(field, '::placeholder'),
                     field.placeholder);
            }
        }
    }

    if (count === 0) {
        complaints.add('no text at all');
    }

    return [...complaints];
}

// What the Tab key is to reach, in that order; each gets a number to be known
// by.

export function markStops() {
    const stops = [...document.querySelectorAll('a[href], button, select,'
        + ' textarea, input:not([type="hidden"]), [tabindex="0"]')]
        .filter((element) => element.checkVisibility() && !element.disabled);

    stops.forEach((element, at) => { element.dataset.stop = at; });

    return stops.length;
}

// where the focus is: its number, and whether one can see that

export function focused() {
    const element = document.activeElement;

    if (element === null || element === document.body) {
        return null;
    }

    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    const { top, bottom, left, right } = element.getBoundingClientRect();

    return {
        stop: element.dataset.stop ?? element.localName,
        text: element.textContent.trim().slice(0, 30) || element.name,
        outlined: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2,
        inWindow: bottom > 0 && right > 0 && top < innerHeight
                  && left < innerWidth,
    };
}
