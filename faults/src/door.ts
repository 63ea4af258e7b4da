/** Where a client comes in, and with what. */

export interface Door {
  /** `http:`, ending in a slash. */
  readonly url: string;
  /** Absent where nobody signs in. */
  readonly getToken?: () => Promise<string>;
}

export function webSocketUrl({ url }: Door): string {
  return url.replace("http", "ws");
}

/** As a header of the upgrade or of a request; none where nobody signs in. */
export async function signInHeaders({ getToken }: Door): Promise<Record<string, string>> {
  return getToken ? { authorization: `Bearer ${await getToken()}` } : {};
}
