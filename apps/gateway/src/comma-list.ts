/** Lists in the environment. */

/** What stands between commas, without white space around it and without what is empty. */
export function commaList(text = ""): readonly string[] {
  return text.split(",").flatMap((item) => item.trim() || []);
}
