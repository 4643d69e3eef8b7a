/** The process of a stack for Node: `node-worker.ts STACK END[,END]`. With both ends, signals never leave it. */
import { Endpoint } from '../endpoint.ts';
import { type EndName, OTHER_END, type Reply, type Request } from '../protocol.ts';
import { NODE_STACKS } from '../stacks/node-stacks.ts';

const [stackName = '', endNames = ''] = process.argv.slice(2);

function tell(reply: Reply): void {
  process.send?.(reply);
}

const load = NODE_STACKS[stackName];
if (!load) throw new Error(`There is no stack ${stackName}.`);
const stack = await load();

const ends = new Map<EndName, Endpoint>();
for (const name of endNames.split(',') as EndName[]) {
  const to = OTHER_END[name];
  const endpoint = new Endpoint(stack, (signal) => {
    const neighbour = ends.get(to);
    if (neighbour) queueMicrotask(() => void neighbour.signal(signal));
    else tell({ to, signal });
  });
  ends.set(name, endpoint);
}

async function answer({ id, end, name, args }: Request): Promise<void> {
  try {
    const endpoint = ends.get(end);
    if (!endpoint) throw new Error(`There is no ${end} here.`);
    const operation = endpoint[name].bind(endpoint) as (args: unknown) => Promise<unknown>;
    tell({ id, result: await operation(args) });
  } catch (error) {
    tell({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
}

process.on('message', (request: Request) => void answer(request));
process.on('disconnect', () => process.exit(0));
// Some stacks reject where nobody listens; what came of it shows in the operation that then does not end.
process.on('unhandledRejection', (error) =>
  process.stderr.write(`${stackName}: ${error instanceof Error ? error.stack : String(error)}\n`),
);
tell({ ready: true });
