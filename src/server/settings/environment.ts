/** Reads `IEUM_*` environment variables. Judges no values. */
import { type Given, type GivenValue, hint } from './given.ts';
import { variableOf } from './option.ts';
import { keyOfVariable, OPTION_KEYS, type OptionKey } from './options.ts';

export interface FromEnvironment {
  readonly given: Given;
  /** Sentences about variables that look like ours and are not. */
  readonly warnings: readonly string[];
}

export function readEnvironment(environment: Readonly<Record<string, string | undefined>>): FromEnvironment {
  const given = new Map<OptionKey, GivenValue>();
  const warnings: string[] = [];
  for (const [name, value] of Object.entries(environment)) {
    // An empty variable is how compose files and shells say "not set".
    if (!name.startsWith('IEUM_') || value === undefined || value === '') continue;
    const key = keyOfVariable(name);
    if (key) given.set(key, { raw: value, place: `the environment variable ${name}` });
    else {
      // No error: orchestrators put variables of their own beside ours (a Kubernetes service called "ieum"
      // gives every pod IEUM_SERVICE_HOST).
      warnings.push(
        `The environment variable ${name} is no option${hint(name, OPTION_KEYS.map(variableOf)) || '.'}`,
      );
    }
  }
  return { given, warnings };
}
