import { describe, expect, it } from 'vitest';
import { type Prediction, predictionSchema } from '../../../src/model/prediction.js';
import { predictionFacts } from '../../../src/report/blocks/spread.js';

const prediction: Prediction = {
  checked: 1000,
  asPredicted: 990,
  mispredicted: 0.01,
  notComparable: 5,
  firstMismatch: { request: 17, key: '/x', expected: '10.0.0.1:80', actual: '10.0.0.2:80' },
  keys: {
    distinct: 300,
    perBackend: [
      { address: '10.0.0.1:80', count: 180 },
      { address: '10.0.0.2:80', count: 120 },
    ],
    moved: 3,
    movedRatio: 0.01,
    capped: true,
  },
};

describe('the lines about the model', () => {
  it('tell what went where nginx sends it, and what became of the keys', () => {
    expect(predictionFacts(prediction)).toEqual([
      {
        label: 'As modelled',
        value: '99.0 %',
        note: "990 of 1,000 placements as nginx's method has them; 5 could not be compared",
        mood: 'doubtful',
      },
      { label: 'Keys', value: 'over 300', note: '10.0.0.1:80 180, 10.0.0.2:80 120' },
      {
        label: 'Moved keys',
        value: '3',
        note: '1.00 % of them were seen on more than one backend',
        mood: 'doubtful',
      },
    ]);
  });

  it('have no figure where nothing was compared', () => {
    const [only, ...none] = predictionFacts({ ...prediction, checked: 0, asPredicted: 0, keys: undefined });
    expect(only).toMatchObject({ value: 'n/a', mood: undefined });
    expect(none).toEqual([]);
  });

  it('come back from a saved report', () => {
    const saved = JSON.parse(JSON.stringify(prediction));
    expect(predictionSchema.parse(saved)).toEqual(prediction);
    const bare = { ...prediction, firstMismatch: undefined, keys: undefined, mispredicted: undefined };
    const nulls = JSON.stringify(bare, (_key, value: unknown) => value ?? null);
    expect(predictionSchema.parse(JSON.parse(nulls))).toEqual(bare);
  });
});
