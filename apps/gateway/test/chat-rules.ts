/** The rules of channels that the page's chat is made for, and gateways that have them. */
import { ChannelRuleInput } from "../src/channel-rules.ts";
import { startTestGateway, type TestGateway } from "./test-gateway.ts";
import { mint } from "./tokens.ts";

/** As they stand in a file. */
export const CHAT = {
  "chat:*": { presence: true, history: { size: 1_000 } },
  "dm:*": { history: { size: 1_000 } },
  "inbox:*": { history: { size: 1_000 } },
};

export const chatChannels = Object.fromEntries(
  Object.entries(CHAT).map(([pattern, rule]) => [pattern, ChannelRuleInput.parse(rule)]),
);

export function startChat(): Promise<TestGateway> {
  return startTestGateway({ config: { channels: chatChannels } });
}

export const LOBBY = "?channel=chat:lobby";

/** The lobby, as that user. */
export async function lobbyOf(sub: string): Promise<string> {
  return `${LOBBY}&token=${await mint({ sub })}`;
}
