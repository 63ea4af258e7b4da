/** Keeps the first row in view where it is, whatever comes and goes above it. */

interface Read {
  readonly row: Element;
  /** Where it stood. */
  topPx: number;
}

export class ReadRow {
  readonly #selector: string;
  #read: Read | undefined;

  /** @param selector of the rows that stay where they are wanted */
  constructor(selector: string) {
    this.#selector = selector;
  }

  /** To be called when the person has scrolled. */
  remember(box: HTMLElement): void {
    this.#read = readIn(box, this.#selector);
  }

  forget(): void {
    this.#read = undefined;
  }

  /** Scrolls as far as the row has moved. Where that is gone, or none was remembered, another one is. */
  follow(box: HTMLElement): void {
    const read = this.#read;
    if (!read?.row.isConnected) {
      this.remember(box);
      return;
    }
    // From where it is now: the person may have scrolled on meanwhile.
    const { scrollTop } = box;
    const movedPx = topIn(box, read.row) - read.topPx;
    if (Math.abs(movedPx) >= 1) box.scrollTop = scrollTop + movedPx;
    // Boxes scroll by whole pixels: what is left over is for the next time, or it would add up.
    read.topPx += box.scrollTop - scrollTop;
  }
}

/** They stand in their order: a few steps find it among any number of them. */
function readIn(box: HTMLElement, selector: string): Read | undefined {
  const rows = box.querySelectorAll(selector);
  const edge = box.getBoundingClientRect().top;
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = Math.trunc((low + high) / 2);
    if ((rows[middle]?.getBoundingClientRect().bottom ?? 0) > edge) high = middle;
    else low = middle + 1;
  }
  const row = rows[low];
  return row && { row, topPx: topIn(box, row) };
}

/** Where a row stands in all that can be scrolled. Not `offsetTop`: what that rounds adds up. */
function topIn(box: Element, row: Element): number {
  return row.getBoundingClientRect().top - box.getBoundingClientRect().top + box.scrollTop;
}
