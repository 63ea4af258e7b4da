/**
 * The pieces of which the scripts behind streams on Redis are composed, above all `touch`: what a stream is at the moment,
 * with its epoch, and made where it must be.
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
