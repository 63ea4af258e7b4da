/** The rules of channels that the page's chat is made for. */
export const CHAT = {
  "chat:*": { presence: true, history: { size: 1_000 } },
  "dm:*": { history: { size: 1_000 } },
  "inbox:*": { history: { size: 1_000 } },
};
