/** What a client or a caller is told when the broker did not do what was asked. */
import type { BrokerError } from "@tidewire/broker";
import { CLOSE_CODES, type CloseCode, type Refusal } from "@tidewire/protocol";

export const CHANNEL_REFUSED: Refusal = {
  code: "forbidden",
  message: "The broker does not allow this channel to the gateway.",
};

/** Over HTTP and in v1. The broker's own words stay in the log: they name its address. */
export function brokerRefusal({ code }: BrokerError): Refusal {
  switch (code) {
    case "refused":
      return CHANNEL_REFUSED;
    case "unconfirmed":
      return { code: "unconfirmed", message: "The broker did not confirm: it may have been done, or not." };
    case "unavailable":
    case "closed":
      return { code: "unavailable", message: "The broker can't be reached." };
    default:
      return code satisfies never;
  }
}

/** On a plain WebSocket. */
export function brokerCloseCode({ code }: BrokerError): CloseCode {
  return code === "refused" ? CLOSE_CODES.channelRefused : CLOSE_CODES.publishFailed;
}
