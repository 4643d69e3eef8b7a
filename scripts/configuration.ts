/** `npm run docs:configuration`: writes docs/configuration.md from the schema of the settings. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { configurationPage } from '../src/server/index.ts';

writeFileSync(path.resolve(import.meta.dirname, '../docs/configuration.md'), configurationPage());
