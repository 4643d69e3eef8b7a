/** Floor 7: the server as one thing to start. */
export type { RelayLinks } from './links.ts';

export { openSecrets } from './secrets.ts';
export { type RunningServer, startServer } from './serve.ts';
export { type RunningTurn, startTurn } from './serve-turn.ts';
export { configurationPage, helpText } from './settings/describe.ts';
export { type Loaded, loadSettings, type Sources, settingsWith } from './settings/load.ts';
export type { Settings } from './settings/options.ts';
export { StateDir } from './state-dir.ts';
export { turnHost } from './turn-options.ts';
export { packageVersion } from './version.ts';
