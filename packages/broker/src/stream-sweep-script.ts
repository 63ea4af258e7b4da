/** The script that removes a stream which nobody needs any more; see stream-script-pieces for its first keys and arguments. */
import { PIECES } from "./stream-script-pieces.ts";

/**
 * ARGV[4]  for how long entries are kept, in milliseconds
 * ARGV[5]  the doorbell's name
 * ARGV[6]  when to look again at one that is in use, in milliseconds from now
 *
 * Returns when to look again, in milliseconds since 1970; 0 when there is nothing of ours any more, or never was.
 *
 * That somebody follows it is recorded with the epoch, in the field `followed`, and counts like an entry: a reader that
 * was there until a moment ago, at the end of a stream that has long been quiet, is to find it still.
 */
export const SWEEP = `${PIECES}
local stream, err = look()
if err and string.find(err, 'WRONGTYPE', 1, true) then return 0 end
if err then return {err = err} end
if not stream then
  redis.call('DEL', KEYS[2])
  return 0
end
if not stream.isOurs then return 0 end

-- Whoever follows it has both names subscribed before the stream is made, so there is no moment in between.
local function isHeard(name)
  return redis.call('PUBSUB', 'NUMSUB', name)[2] > 0
end

local now, ttl = nowMs(), tonumber(ARGV[4])
if stream.groups > 0 or isHeard(ARGV[5]) or isHeard(KEYS[1]) then
  redis.call('HSET', KEYS[2], 'followed', asText(now))
  return now + tonumber(ARGV[6])
end
local newest = tonumber(string.match(stream['last-generated-id'], '^%d+'))
local followed = tonumber(redis.call('HGET', KEYS[2], 'followed') or '') or 0
-- Ids may be of the future.
local last = math.min(math.max(newest, followed), now)
if last + ttl >= now then return last + ttl + 1 end
redis.call('UNLINK', KEYS[1], KEYS[2])
return 0
`;
