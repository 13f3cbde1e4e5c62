// A box beside the cursor of a chart. Texts only: names come from clients. Placed through the DOM's style objects,
// which a strict content security policy allows.
import type uPlot from 'uplot';

export interface TooltipText {
  head: string;
  rows: { color: string; text: string }[];
}

export function tooltip(read: (index: number) => TooltipText): uPlot.Plugin {
  const box = document.createElement('div');
  box.className = 'tooltip';
  box.setAttribute('aria-hidden', 'true');
  return {
    hooks: {
      init: (u) => void u.over.appendChild(box),
      setCursor: (u) => {
        const { left, top, idx } = u.cursor;
        if (idx == null || left == null || left < 0) {
          box.classList.remove('tooltip-shown');
          return;
        }
        const text = read(idx);
        const head = document.createElement('strong');
        head.textContent = text.head;
        box.replaceChildren(
          head,
          ...text.rows.map((row) => {
            const line = document.createElement('div');
            const swatch = document.createElement('span');
            swatch.className = `swatch swatch${row.color}`;
            line.append(swatch, row.text);
            return line;
          }),
        );
        box.classList.add('tooltip-shown');
        const room = u.over.clientWidth;
        const wide = box.offsetWidth;
        const x = left + wide + 16 > room ? Math.max(0, left - wide - 12) : left + 12;
        box.style.transform = `translate(${Math.round(x)}px, ${Math.round(Math.max(0, (top ?? 0) - box.offsetHeight / 2))}px)`;
      },
    },
  };
}
