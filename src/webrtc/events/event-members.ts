/** What every event may be constructed with: lib.dom's EventInit, for programs that compile without it. DOM §2.2. */
export interface EventMembers {
  bubbles?: boolean;
  cancelable?: boolean;
  composed?: boolean;
}
