import { formatCount, formatPercent, formatQuantity } from '../../figures/format.js';
import type { Prediction } from '../../model/prediction.js';
import { sanitize } from '../../text/sanitize.js';
import type { Figure } from './figure-list.js';

/** Whether requests went where nginx's method sends them, and what became of the keys. */
export function predictionFigures(prediction: Prediction): Figure[] {
  const { checked, asPredicted, notComparable, keys } = prediction;
  const wrong = checked - asPredicted;
  const left = notComparable > 0 ? `; ${formatCount(notComparable)} could not be compared` : '';
  const figures: Figure[] = [
    {
      label: 'As modelled',
      value: checked === 0 ? 'n/a' : formatPercent(asPredicted / checked),
      note: `${formatCount(asPredicted)} of ${formatQuantity(checked, 'placement')} as nginx's method has them${left}`,
      mood: wrong > 0 ? 'doubtful' : undefined,
    },
  ];
  if (keys !== undefined) {
    const shares = keys.perBackend.map(
      ({ address, count }) => `${sanitize(address, 60)} ${formatCount(count)}`,
    );
    figures.push({
      label: 'Keys',
      value: `${keys.capped ? 'over ' : ''}${formatCount(keys.distinct)}`,
      note: shares.join(', '),
    });
    if (keys.moved > 0) {
      figures.push({
        label: 'Moved keys',
        value: formatCount(keys.moved),
        note: `${formatPercent(keys.movedRatio)} of them were seen on more than one backend`,
        mood: 'doubtful',
      });
    }
  }
  return figures;
}
