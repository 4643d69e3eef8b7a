/** Floor 7: the server as one thing to start. */
export { askControl } from './control/ask-control.ts';
export type { ControlSession } from './control/control-messages.ts';
export { controlPath } from './control/control-path.ts';
export type { RelayLinks } from './links.ts';
export { type MintedCredentials, mintCredentials } from './mint-credentials.ts';
export { type Operation, operate } from './operate.ts';

export { openSecrets } from './secrets.ts';
export { type RunningServer, startServer } from './serve.ts';
export { type RunningTurn, startTurn } from './serve-turn.ts';
export { configurationPage, describeOptions } from './settings/describe.ts';
export { optionFlags } from './settings/flags.ts';
export { hint } from './settings/given.ts';
export { type Loaded, loadSettings, type Sources, settingsWith } from './settings/load.ts';
export { flagOf } from './settings/option.ts';
export { keysInGroups, OPTION_KEYS, type OptionKey, type Settings } from './settings/options.ts';
export { StateDir } from './state-dir.ts';
export { turnHost } from './turn-options.ts';
export { packageVersion } from './version.ts';
export { CredentialsWebhook } from './webhook/credentials-webhook.ts';
