/** What a client or a caller is told when the broker did not do what was asked. */
import type { BrokerError } from "@tidewire/broker";
import { CLOSE_CODES, type CloseCode, type Refusal } from "@tidewire/protocol";

/** Over HTTP. The broker's own words stay in the log: they name its address. */
export function brokerRefusal(error: BrokerError): Refusal {
  return error.code === "refused"
    ? { code: "forbidden", message: "The broker does not allow this channel to the gateway." }
    : { code: "unavailable", message: "The broker can't be reached, or did not confirm." };
}

/** On a WebSocket. */
export function brokerCloseCode(error: BrokerError): CloseCode {
  return error.code === "refused" ? CLOSE_CODES.channelRefused : CLOSE_CODES.publishFailed;
}
