"""What the tests of the page ask the browser to work out."""

#: Text whose contrast with what is behind it is below 4.5 : 1, as "text ratio".
POOR_CONTRAST = r"""() => {
    const parse = c => {  // rgb(…) to 255, color(srgb …) to 1
        const m = c.match(/[\d.]+/g).map(Number), most = c.startsWith('color(') ? 255 : 1;
        return [m[0] * most, m[1] * most, m[2] * most, m.length < 4 ? 1 : m[3]];
    };
    const linear = v => v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4;
    const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    const behind = e => {
        for (; e; e = e.parentElement) {
            const c = parse(getComputedStyle(e).backgroundColor);
            if (c[3] > 0.99) return c;
        }
        return [255, 255, 255, 1];
    };
    const poor = [];
    for (const e of document.querySelectorAll('.returns *')) {
        const written = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
        if (!written || !e.offsetParent || e.closest('svg') || e.disabled) continue;
        const [x, y] = [light(parse(getComputedStyle(e).color)), light(behind(e))];
        const ratio = (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
        if (ratio < 4.5) poor.push(e.textContent.trim().slice(0, 40) + ' ' + ratio.toFixed(2));
    }
    return poor;
}"""

#: Controls without a name for those who do not see them.
NAMELESS = """() => [...document.querySelectorAll(
        '.returns input, .returns select, .returns button, .returns [tabindex="0"], .returns svg[role=img]')]
    .filter(e => !(e.getAttribute('aria-label') || e.getAttribute('aria-labelledby')
        || e.closest('label')?.textContent.trim() || e.textContent.trim()))
    .map(e => e.outerHTML.slice(0, 120))"""

#: Controls smaller than 24 × 24 pixels; a checkbox counts with its label, a link within a sentence does not.
SMALL = """() => [...document.querySelectorAll('.returns button, .returns select, .returns input, .returns summary')]
    .map(e => e.type === 'checkbox' ? e.closest('label') || e : e)
    .filter(e => e.checkVisibility({ visibilityProperty: true }) && !e.closest('svg'))
    .filter(e => { const b = e.getBoundingClientRect(); return b.width < 23.9 || b.height < 23.9; })
    .map(e => { const b = e.getBoundingClientRect(); return `${b.width}×${b.height} ${e.outerHTML.slice(0, 70)}`; })"""

#: Controls that the keyboard should come to: those on show and not disabled; of tabs, the one in view.
NUMBER_CONTROLS = """() => [...document.querySelectorAll('.returns a[href], .returns button, .returns select,'
        + ' .returns input, .returns summary, .returns [tabindex="0"]')]
    .filter(e => e.checkVisibility({ visibilityProperty: true }) && !e.disabled && !e.closest('svg'))
    .filter(e => e.getAttribute('role') !== 'tab' || e.getAttribute('aria-selected') === 'true')
    .map((e, n) => { e.dataset.nth = n; return e.outerHTML.slice(0, 90); })"""

#: Buttons that say they opened something that is not there.
OPENS_NOTHING = """() => [...document.querySelectorAll('.returns [aria-expanded=true][aria-controls]')]
    .filter(e => !document.getElementById(e.getAttribute('aria-controls'))).map(e => e.outerHTML.slice(0, 120))"""

#: The number that `NUMBER_CONTROLS` gave to what has the focus.
FOCUSED = "() => document.activeElement?.dataset?.nth ?? null"

#: Milliseconds from a change of the amount of B's offer to figures that differ from those told.
MILLISECONDS_TO_FIGURES = """([amount, old]) => new Promise(done => {
    const input = document.querySelector('[data-lever="offer.amount_per_person"] .r-of-b input[type=number]');
    const start = performance.now();
    input.value = amount;
    input.dispatchEvent(new Event('change'));
    const look = () => {
        const fresh = document.querySelector('.r-strip ul').textContent !== old;
        if (fresh && !document.querySelector('.r-strip.r-stale')) done(performance.now() - start);
        else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
})"""

#: Pictures drawn a second over three seconds of playing from the start.
FRAMES_A_SECOND = """() => new Promise(done => {
    const stage = document.querySelector('.r-stage'), scrub = document.querySelector('.r-scrub');
    const play = document.querySelector('.r-play');
    scrub.value = 0;
    scrub.dispatchEvent(new Event('input'));
    setTimeout(() => {
        play.click();
        const from = +stage.dataset.drawn, start = performance.now();
        setTimeout(() => {
            const rate = 1000 * (+stage.dataset.drawn - from) / (performance.now() - start);
            play.click();
            done(rate);
        }, 3000);
    }, 200);
})"""

#: Move the scrubber to a week.
SCRUB = """week => {
    const scrub = document.querySelector('.r-scrub');
    scrub.value = week;
    scrub.dispatchEvent(new Event('input'));
}"""
