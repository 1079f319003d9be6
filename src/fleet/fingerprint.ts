import { createHash } from 'node:crypto';
import type { LoadJob } from '../engine/load-job.js';
import { encodersOf, type RequestEncoder } from '../engine/request-encoder.js';
import { requestMixOf } from '../engine/request-mix.js';
import { Schedule } from '../engine/schedule.js';

const requests = 1000;
/** Large bodies are the same from request to request. */
const mostBytes = 4 * 1024 * 1024;

/**
 * What the first thousand requests of a job come to, byte for byte, and when they are due. Two processes with the same
 * fingerprint send the same; another version, another Node or another mathematical library that would not has another one.
 */
export function fingerprintOf(job: LoadJob): string {
  const hash = createHash('sha256');
  const mix = requestMixOf(job);
  const encoders = encodersOf(job);
  let hashed = 0;
  for (let index = 0; index < requests && hashed < mostBytes; index++) {
    const kind = mix.kindOf(index);
    const bytes = (encoders[kind] as RequestEncoder).encode(index);
    hash.update(bytes);
    hashed += bytes.length;
  }
  if (job.load.model === 'open') {
    const schedule = new Schedule(job.load, job.seed);
    const dues = new Float64Array(requests);
    for (let index = 0; index < requests; index++, schedule.advance()) dues[index] = schedule.dueUs;
    hash.update(dues);
  }
  return hash.digest('hex');
}
