/** The keys of the call. Loaded when opened. */
import { words } from '../words/words.ts';
import { Drawer } from './drawer.tsx';

export function HelpDrawer() {
  const w = words();
  const keys = [
    ['M', w.keyMicrophone],
    ['V', w.keyCamera],
    ['S', w.keyShare],
    ['C', w.keyChat],
    ['D', w.keyDetails],
    [w.keySpace, w.keyTalk],
    ['?', w.keyHelp],
    ['Esc', w.keyEscape],
  ];
  return (
    <Drawer title={w.keyboard} name="help">
      <dl class="keys">
        {keys.map(([key, meaning]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </Drawer>
  );
}
