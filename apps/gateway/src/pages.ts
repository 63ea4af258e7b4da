/** Pages of sorted lists: filled within bounds by each gateway, and joined into one by the gateway that asks. */

export interface Page<Item> {
  /** In order. */
  readonly items: readonly Item[];
  /** Whether more would follow. */
  readonly isMore: boolean;
}

export type Order<Item> = (left: Item, right: Item) => number;

export function compareTexts(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** The first of the texts in their order, at most `count`; without sorting all, which may be many. */
export function firstOf(texts: Iterable<string>, count: number): readonly string[] {
  let kept: string[] = [];
  let bound: string | undefined;
  for (const text of texts) {
    if (bound !== undefined && text > bound) continue;
    kept.push(text);
    if (kept.length < count * 2) continue;
    kept = kept.toSorted(compareTexts).slice(0, count);
    bound = kept.at(-1);
  }
  return kept.toSorted(compareTexts).slice(0, count);
}

/**
 * As many of the items, which come in order, as fit; one at least.
 *
 * @param maxBytes for all of them as JSON
 */
export function fillPage<Item>(items: Iterable<Item>, limit: number, maxBytes: number): Page<Item> {
  const page: Item[] = [];
  let bytes = 0;
  for (const item of items) {
    bytes += Buffer.byteLength(JSON.stringify(item)) + 1;
    if (page.length === limit || (page.length > 0 && bytes > maxBytes)) return { items: page, isMore: true };
    page.push(item);
  }
  return { items: page, isMore: false };
}

/**
 * All items of all pages in order, as far as they are known to be complete: beyond the end of a page after which more
 * would follow, something could be left out.
 */
export function joinPages<Item>(pages: readonly Page<Item>[], order: Order<Item>): Page<Item> {
  const ends = pages.flatMap(({ items, isMore }) => (isMore ? items.slice(-1) : []));
  const [end] = ends.toSorted(order);
  const items = pages.flatMap((page) => page.items);
  const complete = end === undefined ? items : items.filter((item) => order(item, end) <= 0);
  return { items: complete.toSorted(order), isMore: end !== undefined };
}
