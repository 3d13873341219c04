import { targets } from '../targets.mjs';
import { median, short, times } from './statistics.mjs';

/**
 * Judges every target by what a run measured, each of its cases for itself.
 *
 * `status`: 'reached', 'NOT reached', 'not measured' (something is missing: `why`), or
 * 'no target' (a row that is there to compare).
 */
export function evaluate(run, rows = targets) {
  return rows.map((target) => evaluateOne(target, run));
}

function evaluateOne(target, run) {
  const { text, scenario, contender, cases } = target;
  const result = run.results.find(({ name }) => name === scenario);
  const measured = cases.map((label) => measureCase(target, label, result, run.failed?.includes(scenario)));
  const why = [...new Set(measured.map(({ missing }) => missing).filter((missing) => missing !== undefined))];
  return { text, scenario, contender, wanted: wantedText(target), status: statusOf(target, measured), why, measured };
}

function measureCase(target, label, result, failed) {
  const { contender, against } = target;
  if (result === undefined) return { label, missing: `${target.scenario} ${failed ? 'failed' : 'was not run'}` };
  const figure = (id, inCase) => {
    const values = result.rows.find((row) => row.label === inCase)?.samples[id];
    if (values === undefined || values.length === 0) throw new Missing(id, inCase, target.scenario, result);
    return values;
  };
  try {
    return { label, ...judge(target, compare(figure, contender, label, against, result.higherIsBetter)) };
  } catch (error) {
    if (error instanceof Missing) return { label, missing: error.message };
    throw error;
  }
}

class Missing extends Error {
  constructor(contender, inCase, scenario, { contenders }) {
    const there = contenders.some(({ id }) => id === contender);
    super(there ? `${scenario} has no case “${inCase}”` : `${scenario} was run without ${contender}`);
  }
}

/** The value of the medians, and the least and most of the rounds, each with its counterpart of the same round. */
function compare(figure, contender, label, against, higherIsBetter) {
  const own = figure(contender, label);
  if (against === undefined) return ofRounds((pick) => pick(own), own.length);
  if (against.contender !== undefined) {
    const base = figure(against.contender, label);
    return ofRounds((pick) => pick(own) / pick(base), Math.min(own.length, base.length));
  }
  const cost = (pick, id) => {
    const [here, there] = [pick(figure(id, label)), pick(figure(id, against.case))];
    return higherIsBetter ? there / here : here / there;
  };
  const rounds = Math.min(own.length, figure(contender, against.case).length);
  if (against.relativeTo === undefined) return ofRounds((pick) => cost(pick, contender), rounds);
  return ofRounds((pick) => cost(pick, contender) / cost(pick, against.relativeTo), rounds);
}

function ofRounds(compute, rounds) {
  const each = Array.from({ length: rounds }, (_, round) => compute((values) => values[round]));
  return { value: compute(median), least: Math.min(...each), most: Math.max(...each) };
}

function judge(target, { value, least, most }) {
  const status =
    isReached(target, value) === undefined ? 'no target' : isReached(target, value) ? 'reached' : 'NOT reached';
  return { status, value, least, most, text: exact(target, value), range: `${short(least)}–${format(target, most)}` };
}

function isReached({ atLeast, atMost }, value) {
  if (atLeast !== undefined) return value >= atLeast;
  if (atMost !== undefined) return value <= atMost;
  return undefined;
}

/** With as many digits as it takes not to contradict the verdict: 1.997 is not 2. */
function exact(target, value) {
  const shown = Number(value.toFixed(2));
  if (!Number.isFinite(value) || isReached(target, shown) === isReached(target, value)) return format(target, value);
  return `${value.toFixed(4)}${target.unit === undefined ? '×' : ` ${target.unit}`}`;
}

function format({ unit }, value) {
  return unit === undefined ? times(value) : `${short(value)} ${unit}`;
}

function wantedText({ atLeast, atMost, unit }) {
  const suffix = unit === undefined ? '×' : ` ${unit}`;
  if (atLeast !== undefined) return `at least ${atLeast}${suffix}`;
  return atMost === undefined ? '' : `at most ${atMost}${suffix}`;
}

function statusOf(target, measured) {
  if (measured.some(({ status }) => status === 'NOT reached')) return 'NOT reached';
  if (measured.some(({ missing }) => missing !== undefined)) return 'not measured';
  return measured[0].status;
}

/** How many of the targets proper are where. */
export function countTargets(evaluated) {
  const proper = evaluated.filter(({ wanted }) => wanted !== '');
  const count = (status) => proper.filter((target) => target.status === status).length;
  const [reached, missed, unknown] = ['reached', 'NOT reached', 'not measured'].map(count);
  return { all: proper.length, reached, missed, unknown };
}
