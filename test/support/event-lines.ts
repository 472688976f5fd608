// Lines of `--events`, held against the schema that is shipped: each one, and more strictly than it promises, since a field that the
// schema does not name would be one that nobody documented.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { expect } from 'vitest';

interface Schema {
  readonly definitions: Record<string, { type: string; additionalProperties?: boolean }>;
}

export interface EventLine {
  readonly event: string;
  readonly t: number;
  readonly id?: number;
  readonly infoHash?: string;
  readonly [field: string]: unknown;
}

const SCHEMA = fileURLToPath(new URL('../../src/cli/events/events.schema.json', import.meta.url));

function readSchema(): Schema {
  const schema = JSON.parse(readFileSync(SCHEMA, 'utf8')) as Schema;
  for (const definition of Object.values(schema.definitions)) {
    if (definition.type === 'object') definition.additionalProperties = false;
  }
  return schema;
}

const validate = new Ajv({ allErrors: false, strict: true, allowUnionTypes: true }).compile(readSchema());

/** Null where it is one of the schema's, else why not. */
export function schemaComplaint(line: unknown): string | null {
  return validate(line) ? null : JSON.stringify(validate.errors?.slice(0, 3));
}

/** All of them, valid, in order of their times, from `start` to the one `done`. */
export function readEvents(text: string): EventLine[] {
  expect(text.endsWith('\n')).toBe(true);
  const lines = text
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line) as EventLine);
  for (const line of lines) expect(schemaComplaint(line), JSON.stringify(line)).toBeNull();
  expect(lines[0].event).toBe('start');
  expect(lines.at(-1)?.event).toBe('done');
  expect(lines.filter((line) => line.event === 'done')).toHaveLength(1);
  return lines;
}

export function namesOf(lines: readonly EventLine[]): string[] {
  return lines.map((line) => line.event);
}

export function only(lines: readonly EventLine[], event: string): EventLine[] {
  return lines.filter((line) => line.event === event);
}
