/**
 * The scripts behind streams on Redis. Each is one atomic step; all but trimming begin with `touch`. Their first keys and
 * arguments are those of the pieces.
 */
import { MAX_METADATA_BYTES } from "./metadata.ts";
import { PIECES } from "./stream-script-pieces.ts";

/**
 * KEYS[3]  what the idempotency key is remembered under, if there is one: an empty text, then the position
 * ARGV[4]  for how long, in milliseconds
 * ARGV[5]  most entries that are kept, or ""
 * ARGV[6]  for how long they are kept, in milliseconds, or ""
 * ARGV[7]  the doorbell's name
 * ARGV[8]  the metadata, or ""
 * ARGV[9]  the payload
 *
 * Returns 1 for a duplicate or 0, the position, and the time if the stream has to go on the list, or 0. The doorbell is
 * only there to save time: that Redis forbids to ring it is no fault of the append.
 */
export const APPEND = `${PIECES}
local stream, refused = touch(true)
if refused then return refused end
if KEYS[3] and not redis.call('SET', KEYS[3], '', 'NX', 'PX', ARGV[4]) then
  return {1, redis.call('GET', KEYS[3]) or '', listedMs(stream)}
end
local fields = {'message', ARGV[9]}
if ARGV[8] ~= '' then fields = {'message', ARGV[9], 'tidewire', ARGV[8]} end
local id = redis.pcall('XADD', KEYS[1], '*', unpack(fields))
if type(id) == 'table' then
  if KEYS[3] then redis.call('DEL', KEYS[3]) end
  return id
end
local before = stream.epoch .. '.' .. stream.head .. '.' .. stream.headDigest
local position = stream.epoch .. '.' .. id .. '.' .. reckon(stream, id, fields)
if KEYS[3] then redis.call('SET', KEYS[3], position, 'PX', ARGV[4]) end
trim(ARGV[5], ARGV[6])
redis.pcall('PUBLISH', ARGV[7], before .. ' ' .. position .. ' ' .. ARGV[8] .. '\\n' .. ARGV[9])
return {0, position, listedMs(stream)}
`;

/**
 * ARGV[4]  "after", "before" or "last"
 * ARGV[5]  the epoch of the position
 * ARGV[6]  its id
 * ARGV[7]  its digest
 * ARGV[8]  most entries
 * ARGV[9]  most bytes
 * ARGV[10] "1" when it is a follower's own position: then the stream is made where there is none
 * ARGV[11] "1" when it is a follower's, and entries are kept for a time only
 *
 * Returns the epoch, the id and the digest of the head; 1 or 0 for complete, and for more; the entries in the direction
 * of reading; the time if the stream has to go on the list, or 0. Only the greatest id that was ever deleted is known,
 * so whatever lies before that one is in doubt.
 */
export const READ = `${PIECES}
local kind, epoch, id = ARGV[4], ARGV[5], ARGV[6]
local limit, maxBytes = tonumber(ARGV[8]), tonumber(ARGV[9])
local isForwards = kind == 'after'
local isOwn = ARGV[10] == '1'
local stream, refused = touch(isOwn, isOwn and epoch, isOwn and id)
if refused then return refused end
-- The head of nothing: its token is recorded nowhere, so that nothing is ever certain from there on.
if not stream then return {ARGV[1], '0-0', '-', kind == 'last' and 1 or 0, 0, {}, 0} end

local function isCertain()
  if epoch ~= stream.epoch then return false end
  if id == stream.head then return stream.headDigest == '-' or stream.headDigest == ARGV[7] end
  if id == '0-0' then
    -- It is where the stream began, and nothing has left it since.
    return ARGV[7] == '-' and stream.start > 0 and stream['entries-added'] - stream.length == stream.start
  end
  if isOlder(stream.head, id) then return false end
  local entry = redis.call('XRANGE', KEYS[1], id, id)[1]
  return entry and digest(entry[2]) == ARGV[7] or false
end

-- Of the payload. One field with our metadata does not count; what is too long for that is part of the payload.
local function sizeOf(fields)
  local bytes, isFound = 0, false
  for i = 1, #fields, 2 do
    local name, value = fields[i], fields[i + 1]
    if name == 'tidewire' and not isFound and #value <= ${MAX_METADATA_BYTES} then
      isFound = true
    else
      bytes = bytes + #value + (name == 'message' and 0 or #name)
    end
  end
  return bytes
end

-- Behind which entry the page ends so far; nothing for "from the newest one on".
local cursor = kind ~= 'last' and id or nil
local function nextEntries(count)
  if isForwards then
    if not isOlder(cursor, stream.head) then return {} end
    return redis.call('XRANGE', KEYS[1], '(' .. cursor, '+', 'COUNT', count)
  end
  if cursor == '0-0' then return {} end
  return redis.call('XREVRANGE', KEYS[1], cursor and '(' .. cursor or '+', '-', 'COUNT', count)
end

-- Few at first, since they may be large.
local entries, bytes, count = {}, 0, 1
local isFull, isExhausted = limit == 0, false
while not isFull do
  local wanted = math.min(count, limit - #entries)
  local found = nextEntries(wanted)
  for _, entry in ipairs(found) do
    bytes = bytes + sizeOf(entry[2])
    isFull = #entries > 0 and bytes > maxBytes
    if isFull then break end
    entries[#entries + 1] = entry
    cursor = entry[1]
  end
  isExhausted = not isFull and #found < wanted
  isFull = isFull or isExhausted or #entries == limit
  count = math.min(count * 2, 64)
end

local hasMore
if isForwards then
  hasMore = not isExhausted and #nextEntries(1) > 0
else
  hasMore = stream.first and (not cursor or isOlder(stream.first[1], cursor))
end
local oldest = isForwards and id or cursor or stream.head
local isComplete = (kind == 'last' or isCertain()) and not isOlder(oldest, stream['max-deleted-entry-id'])
return {stream.epoch, stream.head, stream.headDigest, isComplete and 1 or 0, hasMore and 1 or 0, entries,
  listedMs(stream, ARGV[11] == '1', ARGV[11] == '1' and kind == 'last')}
`;

/**
 * KEYS[3]  the claim of the gateway that does it
 * ARGV[4]  for how long that holds, in milliseconds
 * ARGV[5]  most entries that are kept, or ""
 * ARGV[6]  for how long they are kept, in milliseconds, or ""
 *
 * Nothing expires: a stream that was trimmed to nothing keeps its last id.
 */
export const TRIM = `${PIECES}
local groups, err = groupsOf()
if err then return {err = err} end
if groups and redis.call('SET', KEYS[3], '1', 'NX', 'PX', ARGV[4]) then trim(ARGV[5], ARGV[6]) end
return 0
`;
