/**
 * The steps of the protocol that must not be torn apart, as scripts that Redis runs. Each may be sent twice, as a client
 * does after it has lost its connection, and does nothing the second time.
 *
 * A seat's hash: state (`taken`, `started`, `done`, `lost`), agent, epoch (how often it was taken), leaseUs (Redis' time),
 * ready (the phase it waits for), claimSeq, claimBlock, claimed, ckptSeq. Times are microseconds.
 */

const now = `local t = redis.call('TIME') local now = t[1] * 1000000 + t[2]`;
/** Whole numbers of this size would be written with an exponent. */
const text = `local function text(n) return string.format('%.0f', n) end`;

/**
 * Takes a seat that has not begun. KEYS seat, run; ARGV agent, lease. Returns the epoch; -1 when it has begun, -2 when
 * there is no such run.
 */
export const take = `
${now} ${text}
if redis.call('EXISTS', KEYS[2]) == 0 then return -2 end
local state = redis.call('HGET', KEYS[1], 'state')
if state == 'started' or state == 'done' or state == 'lost' then return -1 end
local epoch = redis.call('HINCRBY', KEYS[1], 'epoch', 1)
redis.call('HSET', KEYS[1], 'state', 'taken', 'agent', ARGV[1], 'leaseUs', text(now + ARGV[2]), 'ready', '0')
redis.call('PEXPIRE', KEYS[1], redis.call('PTTL', KEYS[2]))
return epoch`;

/**
 * Renews a lease. KEYS seat, run, lock; ARGV epoch, lease, phase it is ready for, 1 when it begins. Returns `ok` and why
 * to stop (empty for no reason), or `fenced`: the seat is not the caller's any more.
 */
export const renew = `
${now} ${text}
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return {'fenced', ''} end
local state = redis.call('HGET', KEYS[1], 'state')
if state ~= 'taken' and state ~= 'started' then return {'fenced', ''} end
if tonumber(redis.call('HGET', KEYS[1], 'leaseUs')) < now then
  if state == 'started' then redis.call('HSET', KEYS[1], 'state', 'lost') end
  return {'fenced', ''}
end
redis.call('HSET', KEYS[1], 'leaseUs', text(now + ARGV[2]), 'ready', ARGV[3])
redis.call('PEXPIRE', KEYS[1], redis.call('PTTL', KEYS[2]))
if ARGV[4] == '1' then redis.call('HSET', KEYS[1], 'state', 'started') end
if redis.call('GET', KEYS[3]) ~= redis.call('HGET', KEYS[2], 'id') then return {'ok', 'orphaned'} end
return {'ok', redis.call('HGET', KEYS[2], 'stop') or ''}`;

/**
 * Hands out the next block. KEYS seat, run; ARGV epoch, number of the claim (1, 2, …), block size, requests of the run.
 * Returns the block; -1 when there is none, -3 when the seat is not the caller's any more.
 */
export const claim = `
${now}
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] or redis.call('HGET', KEYS[1], 'state') ~= 'started' then return -3 end
if tonumber(redis.call('HGET', KEYS[1], 'leaseUs')) < now then return -3 end
if redis.call('HGET', KEYS[1], 'claimSeq') == ARGV[2] then
  return tonumber(redis.call('HGET', KEYS[1], 'claimBlock'))
end
local size, requests = tonumber(ARGV[3]), tonumber(ARGV[4])
local block = tonumber(redis.call('HGET', KEYS[2], 'next') or '0')
if block * size >= requests then block = -1
else
  redis.call('HSET', KEYS[2], 'next', block + 1)
  redis.call('HINCRBY', KEYS[1], 'claimed', math.min(size, requests - block * size))
end
redis.call('HSET', KEYS[1], 'claimSeq', ARGV[2], 'claimBlock', block)
return block`;

/**
 * Puts a checkpoint in the place of the last one. KEYS seat, checkpoint, run; ARGV epoch, number (1, 2, …), 1 for the last,
 * the checkpoint. Returns 1 when it stands, 0 when the seat is not the caller's any more, or has not begun.
 */
export const commit = `
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return 0 end
local state = redis.call('HGET', KEYS[1], 'state')
if state ~= 'started' and state ~= 'done' then return 0 end
local last = tonumber(redis.call('HGET', KEYS[1], 'ckptSeq') or '0')
if tonumber(ARGV[2]) <= last then return 1 end
if state == 'done' then return 0 end
redis.call('SET', KEYS[2], ARGV[4], 'PX', math.max(1, redis.call('PTTL', KEYS[3])))
redis.call('HSET', KEYS[1], 'ckptSeq', ARGV[2])
if ARGV[3] == '1' then redis.call('HSET', KEYS[1], 'state', 'done') end
return 1`;

/** How a seat stands; one that has begun and whose lease is over is lost from now on. KEYS seat. Returns its fields. */
export const look = `
${now}
local f = redis.call('HMGET', KEYS[1], 'state', 'agent', 'epoch', 'leaseUs', 'ready', 'claimed', 'ckptSeq')
if f[1] == 'started' and tonumber(f[4]) < now then
  redis.call('HSET', KEYS[1], 'state', 'lost')
  f[1] = 'lost'
elseif f[1] == 'taken' and tonumber(f[4]) < now then
  f[1] = 'expired'
end
return f`;
