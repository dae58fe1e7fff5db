// Copyright (C) 2026 pancake checkout contributors

import { isDeepStrictEqual } from 'node:util';

let count = 0;
let failed = 0;

export function check(what, ok, detail) {
    count++;
    failed += ok ? 0 : 1;
    console.log(`${ok ? '' : 'not '}ok ${count} - ${what}`);

    if (!ok && detail !== undefined) {
        console.log(String(detail).replace(/^/gm, '# '));
    }
}

export function same(what, got, wanted) {
    check(what, isDeepStrictEqual(got, wanted),
          `got    ${JSON.stringify(got)}\nwanted ${JSON.stringify(wanted)}`);
}

export function like(what, got, pattern) {
    check(what, pattern.test(got),
          `got     ${JSON.stringify(got)}\nwanted  ${pattern}`);
}

// a list of what is wrong, one a line

export function none(what, complaints) {
    check(what, complaints.length === 0, complaints.join('\n'));
}

// That a case has failed says what it printed, not how this ended.

export function finish() {
    console.log(`# ${count - failed} of ${count} were fine`);
}
