/** The id of a connection: that of its gateway, a point, and its number there. */

export function connectionId(gatewayId: string, number: number): string {
  return `${gatewayId}.${number}`;
}

/** What text can be one; the ids of gateways hold no point. */
export const CONNECTION_ID = /^[\w-]{1,64}\.\d{1,15}$/;

export const GATEWAY_ID = /^[\w-]{1,64}$/;

/** By gateway, then in the order in which they were opened. */
export function compareConnectionIds(left: string, right: string): number {
  const [one, other] = [partsOf(left), partsOf(right)];
  if (one.gatewayId === other.gatewayId) return one.number - other.number;
  return one.gatewayId < other.gatewayId ? -1 : 1;
}

export function partsOf(id: string): { readonly gatewayId: string; readonly number: number } {
  const point = id.lastIndexOf(".");
  return { gatewayId: id.slice(0, point), number: Number(id.slice(point + 1)) };
}
