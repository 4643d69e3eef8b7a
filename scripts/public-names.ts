/** Writes test/meta/public-names.json anew: `npm run public-names` after a wished change of what a door offers. */
import { writeFileSync } from 'node:fs';
import { publicNames, SNAPSHOT, writeSnapshot } from '../test/support/meta/public-names.ts';

writeFileSync(SNAPSHOT, writeSnapshot(publicNames()));
