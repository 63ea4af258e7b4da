/**
 * The scripts behind streams on Redis, composed of pieces. Each is one atomic step; all but trimming begin with `touch`.
 *
 * KEYS[1]  the stream
 * KEYS[2]  the epoch record: a hash of `token`; `server`, the replication id under which it was made, which changes
 *          with every restart of a primary and with every promotion; `added`, the stream's entries-added at that
 *          time, or when it was last touched if another program made it; `start`, entries-added at that time if no
 *          entry had ever been in the stream; `last`, the id and the digest of its newest entry, if that is large;
 *          `followed`, when somebody began to follow it, or was last seen to by the one who removes what nobody needs
 * ARGV[1]  a token, random for every call
 * ARGV[2]  a large number, random for every call
 * ARGV[3]  "1" when a restart of Redis loses nothing
 *
 * A stream is made without any entry, so that programs that wait for one are not woken. What tells it from another one
 * that is made later under its name is its count of entries ever added, which begins at the large number: it only
 * grows, and the stream of another program begins at 0. The count is of no importance to anybody but for the lag of
 * consumer groups, which is reckoned from differences.
 *
 * Errors: WRONGTYPE when the key holds no stream, NOSTREAMS when this Redis is too old.
 */
import { MAX_METADATA_BYTES } from "./metadata.ts";

/** Between them lies the count with which a stream begins: no other program's comes near, and sums stay exact. */
export const [MIN_COUNT, MAX_COUNT] = [2 ** 40, 2 ** 47];
/** With more groups and consumers a stream is not looked at in full. */
const MAX_CONSUMERS = 100;
/** The digest of a newest entry that is larger is recorded. */
const LARGE_BYTES = 65_536;

/** Local to all scripts; a position whose entry is not there has the digest "-". */
export const PIECES = `
local function digest(fields)
  local parts = {}
  for i, field in ipairs(fields) do parts[i] = #field .. ':' .. field end
  return string.sub(redis.sha1hex(table.concat(parts)), 1, 8)
end

-- As text: as numbers they would be too large to be exact.
local function lessNumber(a, b)
  if #a ~= #b then return #a < #b end
  return a < b
end

local function asText(count)
  return string.format('%.0f', count)
end

local function isOlder(a, b)
  local aTime, aTurn = string.match(a, '^(%d+)-(%d+)$')
  local bTime, bTurn = string.match(b, '^(%d+)-(%d+)$')
  if aTime ~= bTime then return lessNumber(aTime, bTime) end
  return lessNumber(aTurn, bTurn)
end

local function asTable(reply)
  local values = {}
  for i = 1, #reply, 2 do values[reply[i]] = reply[i + 1] end
  return values
end

-- The groups of the stream; an error's text instead when it is none, and nothing when there is none.
local function groupsOf()
  local groups = redis.pcall('XINFO', 'GROUPS', KEYS[1])
  if not groups.err then return groups end
  if string.find(groups.err, 'no such key', 1, true) then return nil end
  return nil, groups.err
end

local function hasManyConsumers()
  local groups = groupsOf() or {}
  local count = #groups
  for _, group in ipairs(groups) do count = count + asTable(group).consumers end
  return count > ${MAX_CONSUMERS}
end

-- XINFO STREAM as a table; an error's text instead when it is none, and nothing when there is none. It copies the
-- oldest and the newest entry. In full it does not copy the newest one, but every consumer, and is slower otherwise.
local function look(isLarge)
  local isFull = isLarge and not hasManyConsumers()
  local reply = isFull and redis.pcall('XINFO', 'STREAM', KEYS[1], 'FULL', 'COUNT', 1)
    or redis.pcall('XINFO', 'STREAM', KEYS[1])
  if reply.err then
    if string.find(reply.err, 'no such key', 1, true) then return nil end
    return nil, reply.err
  end
  local stream = asTable(reply)
  if not stream['entries-added'] then return nil, 'NOSTREAMS Redis 7 or later is needed for streams' end
  stream.isFull = isFull
  stream.first = stream['first-entry']
  if isFull then stream.first = stream.entries[1] end
  -- Then no other program has made it: see above.
  stream.isOurs = stream['entries-added'] >= ${MIN_COUNT}
  return stream
end

-- The digest of the newest entry. A large one is reckoned once, where no other life of the stream can have its id.
local function reckon(stream, id, fields)
  local reckoned = digest(fields)
  local bytes = 0
  for _, field in ipairs(fields) do bytes = bytes + #field end
  local last = stream.isOurs and bytes > ${LARGE_BYTES} and id .. ' ' .. reckoned or ''
  if last ~= stream.recorded then redis.call('HSET', KEYS[2], 'last', last) end
  stream.recorded = last
  return reckoned
end

-- '-' when the entry is gone, and nobody has kept its digest.
local function headDigest(stream)
  local id, recorded = string.match(stream.isOurs and stream.recorded or '', '^(%d+-%d+) ([0-9a-f]+)$')
  if id == stream.head and #recorded == 8 then return recorded end
  local last = stream['last-entry']
  if stream.isFull then last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1] end
  return last and last[1] == stream.head and reckon(stream, last[1], last[2]) or '-'
end

local function make()
  redis.call('XGROUP', 'CREATE', KEYS[1], 'tidewire', '$', 'MKSTREAM')
  redis.call('XGROUP', 'DESTROY', KEYS[1], 'tidewire')
  redis.call('XSETID', KEYS[1], '0-0', 'ENTRIESADDED', ARGV[2], 'MAXDELETEDID', '0-0')
end

-- The token, the server, and the two counts. Odd ones count as none; so that positions can be written, and compared.
local function record()
  local reply = redis.pcall('HMGET', KEYS[2], 'token', 'server', 'added', 'start', 'last')
  if reply.err then
    if string.find(reply.err, 'WRONGTYPE', 1, true) then
      reply = {err = 'WRONGTYPE the key ' .. KEYS[2] .. ' is no hash, but must be the one with the epoch of its stream'}
    end
    return nil, reply
  end
  local token, server, added, start, last = unpack(reply)
  local isSound = token and #token <= 32 and string.find(token, '^[A-Za-z0-9_-]+$')
    and added and string.find(added, '^%d+$') and start and string.find(start, '^%d+$')
  last = last or ''
  if isSound then return {token = token, server = server, added = tonumber(added), start = tonumber(start), last = last} end
  return {last = ''}
end

-- Nothing when there is no stream, and none is to be made. For a follower's own position: one that is ahead of the
-- stream shows that the stream was set back.
local function touch(isMaking, ownEpoch, ownId)
  local epoch, fault = record()
  if fault then return nil, fault end
  local stream, err = look(epoch.last ~= '')
  if err then return nil, {err = err} end
  if not stream and not isMaking then return nil end
  local server = ''
  if ARGV[3] ~= '1' then
    server = string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)') or ''
  end
  -- Who counts on Redis to lose nothing leaves alone what others have recorded.
  local isRenewed = not (stream and epoch.token) or (server ~= '' and epoch.server ~= server)
    or stream['entries-added'] < epoch.added
    or (ownEpoch == epoch.token and isOlder(stream['last-generated-id'], ownId))
  if not stream then
    make()
    stream, err = look()
    if err then return nil, {err = err} end
  end
  if isRenewed then
    local start = stream['last-generated-id'] == '0-0' and stream['entries-added'] or 0
    epoch = {token = ARGV[1], start = start, last = ''}
    redis.call('HSET', KEYS[2], 'token', epoch.token, 'server', server, 'added', asText(stream['entries-added']),
      'start', asText(start), 'last', '')
  elseif not stream.isOurs and stream['entries-added'] > epoch.added then
    redis.call('HSET', KEYS[2], 'added', asText(stream['entries-added']))
  end
  stream.isRenewed = isRenewed
  stream.epoch = epoch.token
  stream.start = epoch.start
  stream.recorded = epoch.last
  stream.head = stream['last-generated-id']
  stream.headDigest = headDigest(stream)
  return stream
end

local function nowMs()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- The time when the stream has to go on the list of those that may leave Redis, or 0. Not only when it was just made:
-- with what had the epoch renewed, the list may have been lost, too.
local function listedMs(stream, isFollower, isFirst)
  if not stream.isOurs or not (stream.isRenewed or isFirst) then return 0 end
  local now = nowMs()
  if isFollower then redis.call('HSET', KEYS[2], 'followed', asText(now)) end
  return now
end

local function trim(maxLength, maxAgeMs)
  if maxLength ~= '' then redis.call('XTRIM', KEYS[1], 'MAXLEN', maxLength) end
  if maxAgeMs == '' then return end
  redis.call('XTRIM', KEYS[1], 'MINID', asText(math.max(0, nowMs() - maxAgeMs)))
end
`;

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
