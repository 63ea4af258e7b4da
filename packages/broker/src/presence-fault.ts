/** What bounds members, on whichever broker. */
import { type Failure, failure } from "./broker.ts";
import { MAX_INFO_BYTES, MAX_MEMBER_BYTES, type Member } from "./presence.ts";

/** Why a member can't be entered, if it can't. Lone surrogates would make two ids one. */
export function memberFault({ id, info }: Member): Failure | undefined {
  if (id === "") return failure("refused", "the id of a member can't be empty");
  if (!id.isWellFormed() || !info.isWellFormed()) {
    return failure("refused", "ids and infos of members are texts without lone surrogates");
  }
  if (Buffer.byteLength(id) > MAX_MEMBER_BYTES) {
    return failure("refused", `the id of a member has at most ${MAX_MEMBER_BYTES} bytes`);
  }
  if (Buffer.byteLength(info) > MAX_INFO_BYTES) {
    return failure("refused", `the info of a member has at most ${MAX_INFO_BYTES} bytes`);
  }
  return undefined;
}
