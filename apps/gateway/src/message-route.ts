/** `POST /message`: a business server pushes one message to a channel or to a user. */
import {
  channelFault,
  isShallow,
  type Json,
  MAX_DATA_DEPTH,
  type Refusal,
  userChannel,
} from "@tidewire/protocol";
import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";
import { brokerRefusal } from "./broker-refusal.ts";
import type { Publish } from "./publish.ts";
import { bodyRefusal } from "./zod-fault.ts";

/** The body: a message, any JSON value, and exactly one target. A number as user id must be exact to be one. */
export const MessageRequest = z
  .strictObject({
    message: z.unknown().refine((value) => value !== undefined, { message: "must be there" }),
    channel: z.string().optional(),
    userId: z.union([z.string().min(1), z.int()]).optional(),
  })
  .refine(({ channel, userId }) => (channel === undefined) !== (userId === undefined), {
    message: "must name exactly one target, channel or userId",
  });

type MessageRequest = z.infer<typeof MessageRequest>;

/** A text is sent as its bytes, anything else as JSON. Answers `{"receivers": n}`, as Redis counts them; on a stream channel `{"position": "…"}`. */
export function addMessageRoute(
  api: FastifyInstance,
  publish: Publish,
  maxMessageBytes: number,
  refuse: (reply: FastifyReply, refusal: Refusal) => FastifyReply,
): void {
  api.post("/message", async (request, reply) => {
    const parsed = MessageRequest.safeParse(request.body);
    if (!parsed.success) return refuse(reply, bodyRefusal(parsed.error, MessageRequest));
    const accepted = accept(parsed.data, maxMessageBytes);
    if ("code" in accepted) return refuse(reply, accepted);
    const { channel, payload } = accepted;
    const result = await publish({ channel, publication: { payload }, by: "server" });
    if (!result.ok) return refuse(reply, brokerRefusal(result.error));
    const { receivers, position } = result.value;
    return { receivers, position };
  });
}

function accept(
  { message, channel, userId }: MessageRequest,
  maxMessageBytes: number,
): { channel: string; payload: Buffer } | Refusal {
  if (!isShallow(message as Json, MAX_DATA_DEPTH)) {
    return { code: "bad_request", message: `The message is nested more than ${MAX_DATA_DEPTH} deep.` };
  }
  const text = typeof message === "string" ? message : JSON.stringify(message);
  // A lone surrogate has no UTF-8 form: it would arrive as another character.
  if (![text, String(userId ?? "")].every((part) => part.isWellFormed())) {
    return { code: "bad_request", message: "The text holds half of a surrogate pair." };
  }
  const target = channel ?? userChannel(String(userId));
  const fault = channelFault(target);
  if (fault) return { code: "invalid_channel", message: fault };
  const payload = Buffer.from(text);
  if (payload.length > maxMessageBytes) {
    return { code: "too_large", message: `A message has at most ${maxMessageBytes} bytes.` };
  }
  return { channel: target, payload };
}
