/**
 * The scripts behind presence on Redis. Each is one atomic step.
 *
 * What is kept, below the name in ARGV[1]. No channel or member can pass for another one, or for a separator: what others
 * have chosen comes last, or behind its length, and notices are JSON.
 *
 * - `state`, a hash: `token`, the epoch; `server`, the replication id under which it was made, which changes with every
 *   restart of a primary and with every promotion; `version`, the number of the last step over all channels
 * - `quiet`: there while nothing is removed. `calm` when no lease had counted, or a gateway's link was away; `anew` when
 *   the epoch is new
 * - `terms`, a hash: each term, which is an incarnation and an epoch, with its last batch, 1 when it is whole, and its
 *   gateway
 * - `held:<term>`, a set of what is held under it: "<length of the channel> <channel><member>"
 * - `members:<channel>`, a sorted set of ids with equal scores: Redis keeps it in the order of their bytes, so that a
 *   page of a big channel is found in logarithmic time, and the count is at hand
 * - `info:<channel>`, a hash: each member with when its info was said, or 0 where nobody has, the terms that hold it, a
 *   line break, and its info; and under the empty name, which no member has, the epoch and number of the channel's last
 *   step. Of an empty channel that alone is left, for {@link EMPTY_MS}
 *
 * One counter numbers the steps of all channels. So the present number is the version of any channel's page, whether
 * anything is known of the channel or not, and no number comes again when a channel was forgotten and is made anew.
 *
 * KEYS[1]  the leases, or the state where no lease is needed
 */
import { PARSE_LEASE } from "./redis-leases.ts";

/**
 * How long the last step of an empty channel is remembered, in milliseconds. It only saves those who watch it a question,
 * and clients can make any number of channels empty.
 */
const EMPTY_MS = 60_000;
/** One notice has at most so many bytes of ids and infos, but for one change that is larger. */
const NOTICE_BYTES = 65_536;

/** `isCurrent`: whether the epoch is of this life of Redis. */
const STATE = `
local names = ARGV[1]
local token, server, version = unpack(redis.call('HMGET', names .. 'state', 'token', 'server', 'version'))
local ownServer = string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)') or ''
local isCurrent = token and server == ownServer
version = tonumber(version or '0')
local quiet = redis.call('GET', names .. 'quiet') or ''
`;

/** `enter`, `leave`, and `tell`, which ends a step. */
const CHANGE = `${STATE}
local order, changed, hasSilent = {}, {}, {}
local function note(channel, change, isSilent)
  if not changed[channel] then
    changed[channel] = {}
    order[#order + 1] = channel
  end
  local changes = changed[channel]
  if isSilent then hasSilent[channel] = true else changes[#changes + 1] = change end
end

local function pairOf(channel, member)
  return #channel .. ' ' .. channel .. member
end

local function parse(record)
  return string.match(record, '^(%d+) ([^\\n]*)\\n(.*)$')
end

local function enter(term, channel, member, info, kind, said)
  local infos = names .. 'info:' .. channel
  -- Who comes and names no info says nothing of it, whatever was said before or is entered again later.
  local isNamed = info ~= '' or kind == 'change'
  if not isNamed then said = '0' end
  redis.call('SADD', names .. 'held:' .. term, pairOf(channel, member))
  local record = redis.call('HGET', infos, member)
  if not record then
    redis.call('ZADD', names .. 'members:' .. channel, 0, member)
    redis.call('HSET', infos, member, said .. ' ' .. term .. '\\n' .. info)
    -- It may have been there all the time, and only Redis did not know any more.
    local wasThere = kind == 'again' or kind == 'change'
    return note(channel, {'joined', member, info}, quiet == 'anew' and wasThere)
  end
  local saidBefore, terms, before = parse(record)
  -- Another gateway may have changed it since, or may have been the first to enter again what is older.
  local isLate = kind == 'again' or kind == 'late'
  local isOlder = isLate and tonumber(said) <= tonumber(saidBefore)
  if isOlder or not isNamed then info, said = before, saidBefore end
  local isHeld = string.find(' ' .. terms .. ' ', ' ' .. term .. ' ', 1, true)
  if isHeld and info == before and said == saidBefore then return end
  terms = isHeld and terms or terms .. ' ' .. term
  redis.call('HSET', infos, member, said .. ' ' .. terms .. '\\n' .. info)
  if info ~= before then note(channel, {'updated', member, info}, false) end
end

-- It is not held under the term any more.
local function release(term, channel, member)
  local infos = names .. 'info:' .. channel
  local record = redis.call('HGET', infos, member)
  if not record then return end
  local said, terms, info = parse(record)
  local others = {}
  for each in string.gmatch(terms, '%S+') do
    if each ~= term then others[#others + 1] = each end
  end
  if #others > 0 then
    redis.call('HSET', infos, member, said .. ' ' .. table.concat(others, ' ') .. '\\n' .. info)
    return
  end
  redis.call('HDEL', infos, member)
  redis.call('ZREM', names .. 'members:' .. channel, member)
  -- Another gateway may hold it as well, and not have said so anew.
  note(channel, {'left', member}, quiet == 'anew')
end

local function leave(term, channel, member)
  local isHeld = redis.call('SREM', names .. 'held:' .. term, pairOf(channel, member)) == 1
  if isHeld then release(term, channel, member) end
end

local function asText(number)
  return string.format('%.0f', number)
end

local function piecesOf(changes)
  local pieces, bytes = {}, 0
  for _, change in ipairs(changes) do
    local size = #change[2] + #(change[3] or '')
    if #pieces == 0 or bytes + size > ${NOTICE_BYTES} then
      pieces[#pieces + 1] = {}
      bytes = 0
    end
    local piece = pieces[#pieces]
    piece[#piece + 1] = change
    bytes = bytes + size
  end
  return pieces
end

local function tell()
  for _, channel in ipairs(order) do
    local infos = names .. 'info:' .. channel
    local epoch, number = string.match(redis.call('HGET', infos, '') or '', '^(%S+) (%d+)$')
    -- Of a channel that was forgotten the last step is not known: it was not later than this.
    local previous = epoch == token and number or asText(version)
    -- What is not told is a step as well, so that whoever hears the next notice knows that something was missed.
    if hasSilent[channel] then
      version = version + 1
      previous = asText(version)
    end
    for _, piece in ipairs(piecesOf(changed[channel])) do
      version = version + 1
      redis.call('PUBLISH', names .. channel, cjson.encode({token, previous, asText(version), piece}))
      previous = asText(version)
    end
    redis.call('HSET', infos, '', token .. ' ' .. asText(version))
    if redis.call('EXISTS', names .. 'members:' .. channel) == 1 then
      redis.call('PERSIST', infos)
    else
      redis.call('PEXPIRE', infos, ${EMPTY_MS})
    end
  end
  if #order > 0 then redis.call('HSET', names .. 'state', 'version', asText(version)) end
end
`;

/**
 * ARGV[2]  the gateway
 * ARGV[3]  its incarnation
 * ARGV[4]  the epoch
 * ARGV[5]  the number of the batch
 * ARGV[6]  "1" when the term is whole after it
 * ARGV[7]  from here on, for each change: its kind, the channel, the member, the info, and when that was said
 *
 * A batch that comes after a later one was held up on a connection that was given up, and is done already. Returns
 * what came of it.
 */
export const APPLY = `${PARSE_LEASE}${CHANGE}
local _, incarnation = parseLease(redis.call('HGET', KEYS[1], ARGV[2]) or '')
if incarnation ~= ARGV[3] then return 'lease lost' end
if not isCurrent or token ~= ARGV[4] then return 'epoch over' end
local term = incarnation .. '.' .. token
local last, isWhole = string.match(redis.call('HGET', names .. 'terms', term) or '', '^(%d+) (%d) ')
if last and tonumber(last) >= tonumber(ARGV[5]) then return 'done' end
local row = ARGV[5] .. ' ' .. ((ARGV[6] == '1' or isWhole == '1') and '1' or '0') .. ' ' .. ARGV[2]
redis.call('HSET', names .. 'terms', term, row)
for i = 7, #ARGV, 5 do
  local kind, channel, member, info, said = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4]
  if kind == 'leave' then leave(term, channel, member) else enter(term, channel, member, info, kind, said) end
end
tell()
return 'done'
`;

/**
 * ARGV[2]  a token, random for every call
 * ARGV[3]  for how long a lease lasts, in milliseconds
 * ARGV[4]  most members to remove
 * ARGV[5]  "1" when the gateway's link was away before this call
 *
 * Makes the epoch anew where it has to be; and removes what is held under terms that are over, unless it is quiet. A
 * term is over when its gateway has no lease; or has another one, and is whole under that. Returns the epoch, why it
 * is quiet or "", and 1 when there is more to remove. Where there is nothing to do, nothing is written.
 */
export const TEND = `${PARSE_LEASE}${CHANGE}
if not isCurrent then
  token = ARGV[2]
  redis.call('HSET', names .. 'state', 'token', token, 'server', ownServer)
  redis.call('SET', names .. 'quiet', 'anew', 'PX', ARGV[3])
  return {token, 'anew', 0}
end
-- Others may have been away for as long, and have had no time yet to renew their leases, or to enter anew what they hold.
if ARGV[5] == '1' then
  quiet = quiet == '' and 'calm' or quiet
  redis.call('SET', names .. 'quiet', quiet, 'PX', ARGV[3])
end
if quiet ~= '' then return {token, quiet, 0} end

local rows = redis.call('HGETALL', names .. 'terms')
local terms = {}
for i = 1, #rows, 2 do
  local isWhole, gateway = string.match(rows[i + 1], '^%d+ (%d) (.*)$')
  terms[rows[i]] = {gateway = gateway or '', isWhole = isWhole == '1'}
end
local function isOver(term, gateway)
  local _, incarnation = parseLease(redis.call('HGET', KEYS[1], gateway) or '')
  if not incarnation then return true end
  local present = incarnation .. '.' .. token
  return term ~= present and terms[present] ~= nil and terms[present].isWhole
end

local left = tonumber(ARGV[4])
for i = 1, #rows, 2 do
  local term = rows[i]
  if left > 0 and isOver(term, terms[term].gateway) then
    local held = redis.call('SPOP', names .. 'held:' .. term, left)
    for _, each in ipairs(held) do
      local length, rest = string.match(each, '^(%d+) (.*)$')
      release(term, string.sub(rest, 1, length), string.sub(rest, length + 1))
    end
    if #held < left then redis.call('HDEL', names .. 'terms', term) end
    left = left - #held
  end
end
tell()
return {token, '', left == 0 and 1 or 0}
`;

/**
 * ARGV[2]  the channel
 * ARGV[3]  the id behind which the page begins, or ""
 * ARGV[4]  most members
 * ARGV[5]  a token, random for every call
 * ARGV[6]  "1" when its steps are watched
 *
 * What a channel without any step has as its last one from then on is remembered for who watches it, so that its first
 * one is known to be the next. Whoever only asks leaves nothing behind. Returns the epoch, the version, 1 or 0 for
 * complete, the total, the ids of one more than asked for, and infos. Without an epoch of this life of Redis, that is a
 * random one, which nothing will ever be the next of.
 */
export const PAGE = `${STATE}
local channel, limit = ARGV[2], tonumber(ARGV[4])
local members, infos = names .. 'members:' .. channel, names .. 'info:' .. channel
local from = ARGV[3] == '' and '-' or '(' .. ARGV[3]
local ids = redis.call('ZRANGE', members, from, '+', 'BYLEX', 'LIMIT', 0, limit + 1)
local total = redis.call('ZCARD', members)
local shown = {}
if #ids > 0 then
  for i, record in ipairs(redis.call('HMGET', infos, unpack(ids))) do
    shown[i] = record and string.match(record, '^[^\\n]*\\n(.*)$') or 'null'
  end
end
if ARGV[6] == '1' and isCurrent and total == 0 and redis.call('EXISTS', infos) == 0 then
  redis.call('HSET', infos, '', token .. ' ' .. string.format('%.0f', version))
  redis.call('PEXPIRE', infos, ${EMPTY_MS})
end
return {isCurrent and token or ARGV[5], version, isCurrent and quiet ~= 'anew' and 1 or 0, total, ids, shown}
`;
