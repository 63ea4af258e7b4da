/** What was given at the newest render that is on the page, for functions that are called later. */
import { useInsertionEffect, useRef } from "react";

/** Of the effects the first: those of children, too, find the newest value. Not to be read while rendering. */
export function useLatest<Value>(value: Value): { readonly current: Value } {
  const latest = useRef(value);
  useInsertionEffect(() => {
    latest.current = value;
  });
  return latest;
}
