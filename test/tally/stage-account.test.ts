import { beforeAll, expect, it } from 'vitest';
import { prepareHistograms } from '../../src/tally/latency-histogram.js';
import { Tally } from '../../src/tally/tally.js';

beforeAll(prepareHistograms);

const shape = { requestNames: ['a'], open: true, abColumns: false, stages: 2 };

it('stages of threads add up, whatever backends each of them saw first', () => {
  const [one, other] = [new Tally(shape), new Tally(shape)];
  const [a, b] = [one.cellOf('10.0.0.1:80'), one.cellOf('10.0.0.2:80')];
  const [c, d] = [other.cellOf('10.0.0.3:80'), other.cellOf('10.0.0.1:80')];
  one.stages[0]?.response(a, false, 1000, 1500);
  one.stages[0]?.response(b, true, 3000, 3000);
  one.stages[1]?.failure();
  other.stages[0]?.response(d, false, 2000, 2500);
  other.stages[1]?.response(c, true, 4000, 4000);
  const sum = new Tally(shape);
  for (const part of [one, other]) sum.addData(JSON.parse(JSON.stringify(part.toData())));
  const served = (stage: number) =>
    Object.fromEntries(
      sum.cells
        .map(({ address }, cell) => [address, sum.stages[stage]?.served[cell] ?? 0])
        .filter(([, n]) => n !== 0),
    );
  expect(served(0)).toEqual({ '10.0.0.1:80': 2, '10.0.0.2:80': 1 });
  expect(served(1)).toEqual({ '10.0.0.3:80': 1 });
  expect(sum.stages.map(({ counters }) => ({ ...counters }))).toMatchObject([
    { ended: 3, count: 3, errors: 1 },
    { ended: 2, count: 1, errors: 2 },
  ]);
  expect(sum.stages[0]?.clocks.response.summary()).toMatchObject({ count: 3, min: 1.5, max: 3 });
  expect(sum.snapshot().stages).toEqual(sum.toData().stages);
  for (const tally of [one, other, sum]) tally.release();
});
