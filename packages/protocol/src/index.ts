/** @tidewire/protocol: what a client and a gateway agree on. Pure, without dependencies. */
export {
  type AnswerResult,
  decodeAnswer,
  encode,
  encodeMessage,
  errorReply,
  type MessageHead,
} from "./answer.ts";
export { channelFault, DEFAULT_CHANNEL, encodeUserId, MAX_CHANNEL_LENGTH, userChannel } from "./channel.ts";
export { CLOSE_CODES, type CloseCode } from "./close-codes.ts";
export { ERROR_CODES, type ErrorCode, type Refusal } from "./error-codes.ts";
export { parseExactJson } from "./exact-json.ts";
export { dataFault, type Fields, infoFault, isFields, isShallow } from "./guards.ts";
export {
  DEFAULT_HISTORY_LIMIT,
  DEFAULT_MAX_FRAME_BYTES,
  DEFAULT_MAX_MESSAGE_BYTES,
  DEFAULT_PRESENCE_LIMIT,
  MAX_AFTER_LENGTH,
  MAX_DATA_DEPTH,
  MAX_HISTORY_LIMIT,
  MAX_INFO_BYTES,
  MAX_KEY_LENGTH,
  MAX_MESSAGES_PER_FRAME,
  MAX_POSITION_LENGTH,
  MAX_PRESENCE_LIMIT,
  MAX_TOKEN_LENGTH,
} from "./limits.ts";
export type * from "./messages.ts";
export { matchesPattern, patternFault, PatternMap } from "./pattern.ts";
export { decodeRequest, type RequestResult, splitFrame } from "./request.ts";
export {
  chooseSubprotocol,
  PLAIN_SUBPROTOCOL,
  type Subprotocol,
  TOKEN_SUBPROTOCOL_PREFIX,
  V1_SUBPROTOCOL,
} from "./subprotocol.ts";
