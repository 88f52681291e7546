// Progressive enhancement only: everything works without this file. No eval, no inline style, and no text of its own;
// words come from the page in data attributes.
(() => {
  'use strict';
  const SVG = 'http://www.w3.org/2000/svg';

  // Lets the value chart be read point by point, with a pointer or the arrow keys. The table beside it is the data.
  function readable(figure) {
    const plot = figure.querySelector('.dia__plot');
    const tip = figure.querySelector('[data-diagram-tips]');
    const rows = [...document.querySelectorAll(`[data-diagram-tabell="${figure.id}"] tbody tr[data-x]`)];
    if (!plot || !tip || !rows.length) return;
    const points = rows.map((row) => ({
      x: parseFloat(row.dataset.x),
      text: [...row.cells].map((cell) => cell.textContent.trim()).filter(Boolean).join(' – '),
    }));
    const sight = document.createElementNS(SVG, 'line');
    for (const [name, value] of Object.entries({ class: 'c-sikte', y1: '0', y2: '100%', visibility: 'hidden' })) {
      sight.setAttribute(name, value);
    }
    plot.append(sight);

    let current = -1;
    function show(index) {
      current = Math.max(0, Math.min(points.length - 1, index));
      const { x, text } = points[current];
      sight.setAttribute('x1', `${x}%`);
      sight.setAttribute('x2', `${x}%`);
      sight.setAttribute('visibility', 'visible');
      tip.textContent = text;
    }
    function nearest(x) {
      return points.reduce((best, point, i) => (Math.abs(point.x - x) < Math.abs(points[best].x - x) ? i : best), 0);
    }

    const area = plot.parentNode;
    area.tabIndex = 0;
    tip.hidden = false;
    tip.id = `${figure.id}-tips`;
    area.setAttribute('aria-describedby', tip.id);
    for (const pointing of ['pointermove', 'pointerdown']) { // a finger does not hover
      plot.addEventListener(pointing, (event) => {
        const box = plot.getBoundingClientRect();
        tip.removeAttribute('aria-live'); // a pointer must not make a screen reader chatter
        show(nearest(((event.clientX - box.left) / box.width) * 100));
      });
    }
    area.addEventListener('keydown', (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey) return; // the browser's own, such as back
      const target = {
        ArrowRight: current + 1,
        ArrowLeft: current < 0 ? points.length - 1 : current - 1,
        Home: 0,
        End: points.length - 1,
      }[event.key];
      if (event.key === 'Escape') sight.setAttribute('visibility', 'hidden');
      if (target === undefined) return;
      event.preventDefault();
      tip.setAttribute('aria-live', 'polite');
      show(target);
    });
  }

  document.querySelectorAll('[data-diagram]').forEach(readable);
  // After a swap the new part is upgraded, and a message or an error summary in it gets the focus.
  document.addEventListener('htmx:afterSwap', (event) => {
    event.target.querySelectorAll('[data-diagram]').forEach(readable);
    event.target.querySelector('.felruta, [data-fokus]')?.focus();
  });
})();
