// The extended messages that we take (BEP 10), and the ids under which peers are to send them to us.

import { UT_METADATA } from '../wire/ut-metadata.js';

export const OWN_EXTENSIONS: ReadonlyMap<string, number> = new Map([[UT_METADATA, 1]]);
