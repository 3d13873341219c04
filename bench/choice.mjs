/**
 * What of all scenarios the command line asks for.
 * @param rounds, only, cases as they were written there
 * @throws Error that says what there is, where something asked for is not
 */
export function choose(scenarios, names, { rounds, only, cases }) {
  const chosen = names.length > 0 ? names : Object.keys(scenarios);
  assertKnown('benchmark', chosen, Object.keys(scenarios));
  if (!/^[1-9]\d*$/.test(rounds)) throw new Error(`--rounds is a number of at least 1, not "${rounds}".`);
  const contenders = only?.split(',');
  const all = (partsOf) => [...new Set(chosen.flatMap((name) => partsOf(scenarios[name])))];
  assertKnown(
    'contender',
    contenders ?? [],
    all((scenario) => scenario.contenders),
  );
  assertKnown(
    'case',
    cases ?? [],
    all((scenario) => scenario.cases.map(({ label }) => label)),
  );
  const isWanted = ({ label }) => cases?.includes(label) ?? true;
  return {
    names: chosen,
    rounds: Number(rounds),
    only: contenders,
    scenarioOf: (name) => ({ ...scenarios[name], cases: scenarios[name].cases.filter(isWanted) }),
  };
}

function assertKnown(what, wanted, known) {
  const unknown = wanted.filter((one) => !known.includes(one));
  if (unknown.length === 0) return;
  throw new Error(`No ${what} "${unknown.join('", "')}". There are: ${known.map((one) => `"${one}"`).join(', ')}.`);
}
