/** `logout`: ends the session and forgets the token. */
import { ApiProblem, ApiUnreachable } from '@opencota/contract/http/client';
import type { Command } from 'commander';
import { getTarget, openClient } from '../client.ts';
import { type Context, readContexts, writeContexts } from '../context.ts';
import { action, examples, type Shell } from '../shell.ts';

export function addLogout(program: Command): void {
  program
    .command('logout')
    .description('end the session and forget its token; the context stays')
    .addHelpText('after', examples('logout', 'logout --context lab'))
    .action(
      action<[]>(async (shell) => {
        const { out, globals, environment } = shell;
        const { url, context: name } = await getTarget(globals, environment);
        const { current, contexts } = await readContexts(environment.contextsPath);
        const context = name === undefined ? undefined : contexts[name];
        const isEnded = context === undefined ? false : await endSession(shell, context);
        if (context !== undefined && name !== undefined) {
          const { token: _token, expiresAt: _expiresAt, ...signedOut } = context;
          const kept = { ...contexts, [name]: signedOut };
          await writeContexts(environment.contextsPath, {
            ...(current === undefined ? {} : { current }),
            contexts: kept,
          });
        }
        const text =
          context?.token === undefined ? `Nobody was signed in to ${url}.` : `Signed out of ${url}.`;
        out.print({ url, context: name ?? null, sessionEnded: isEnded }, () => text);
      }),
    );
}

/** Whether the server has ended it, too. */
async function endSession({ out }: Shell, { url, token, kind }: Context): Promise<boolean> {
  if (token === undefined) return false;
  if (kind === 'token') {
    out.hint('The API token itself is still good; remove it with: opencota token remove <id>');
    return false;
  }
  try {
    await openClient(url, token).session.remove();
    return true;
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 401) return true;
    if (!(error instanceof ApiProblem) && !(error instanceof ApiUnreachable)) throw error;
    out.warn(`The server did not end the session (${error.message}); it ends by itself when it expires.`);
    return false;
  }
}
