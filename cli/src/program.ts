/** The tree of commands. Its order and groups are those of `opencota --help`. */
import { Command } from 'commander';
import { addApi } from './commands/api.ts';
import { addAudit } from './commands/audit.ts';
import { addCompletion } from './commands/completion.ts';
import { addConfigApply } from './commands/config-apply.ts';
import { addConfigDiff } from './commands/config-diff.ts';
import { addConfigEdit } from './commands/config-edit.ts';
import { addConfigGet } from './commands/config-get.ts';
import { addConfigRestore } from './commands/config-restore.ts';
import { addConfigSave } from './commands/config-save.ts';
import { addConfigValidate } from './commands/config-validate.ts';
import { addConfigVersions } from './commands/config-versions.ts';
import { addContext } from './commands/context.ts';
import { addDeviceCommands } from './commands/device.ts';
import { addDeviceImport } from './commands/device-import.ts';
import { addDeviceWatch } from './commands/device-watch.ts';
import { addDoctor } from './commands/doctor.ts';
import { addLogin } from './commands/login.ts';
import { addLogout } from './commands/logout.ts';
import { addProductCommands } from './commands/product.ts';
import { addProductSet } from './commands/product-set.ts';
import { addRolloutAct } from './commands/rollout-act.ts';
import { addRolloutBack } from './commands/rollout-back.ts';
import { addRolloutList } from './commands/rollout-list.ts';
import { addRolloutShow } from './commands/rollout-show.ts';
import { addRolloutStart } from './commands/rollout-start.ts';
import { addRolloutWatch } from './commands/rollout-watch.ts';
import { addSchemaCommands } from './commands/schema.ts';
import { addServerCommands } from './commands/server.ts';
import { addSimulate } from './commands/simulate.ts';
import { addTokenCommands } from './commands/token.ts';
import { addUserCommands } from './commands/user.ts';
import { addWhoami } from './commands/whoami.ts';
import { examples } from './shell.ts';

export function createProgram(): Command {
  const program = new Command('opencota')
    .description('Remote configuration for fleets of IoT devices: edit, save, push, watch.')
    .option('--json', 'print data as JSON, and errors as JSON on standard error')
    .option('--context <name>', 'a server of "opencota context list", instead of the current one')
    .option('--url <address>', 'the address of the server (environment: OPENCOTA_URL, OPENCOTA_TOKEN)')
    .configureHelp({ showGlobalOptions: true })
    // `main.ts` says what was wrong, in words or as JSON.
    .configureOutput({ outputError: () => {} })
    .exitOverride()
    .helpCommand(false)
    .addHelpText(
      'after',
      `${examples('login', 'product create "smart lock"', 'config edit a1Lock', 'rollout start a1Lock --watch')}

The version of this program: opencota --version

Exit codes: 0 ok, 1 failed, 2 usage, 3 not signed in or forbidden, 4 not found, 5 conflict,
6 refused by a gate (cool-down, switch, step-up), 7 the rollout did not succeed, 8 server unreachable.`,
    );
  addPeople(program.commandsGroup('Signing in:'));
  addFleet(program.commandsGroup('Products and devices:'));
  addConfigurations(program.commandsGroup('Configurations and pushes:'));
  program.commandsGroup('Administration:');
  addTokenCommands(addNoun(program, 'token', 'API tokens'));
  addUserCommands(addNoun(program, 'user', 'users and their roles'));
  addAudit(program);
  addApi(program);
  program.commandsGroup('The server and this program:');
  addServerCommands(program);
  addDoctor(program);
  addCompletion(program, () => program);
  return program;
}

function addNoun(program: Command, name: string, description: string): Command {
  return program.command(name).description(description).helpCommand(false);
}

function addPeople(program: Command): void {
  addLogin(program);
  addLogout(program);
  addWhoami(program);
  addContext(addNoun(program, 'context', 'the servers you have signed in to'));
}

function addFleet(program: Command): void {
  const product = addNoun(program, 'product', 'products, their switch and settings');
  addProductCommands(product);
  addProductSet(product);
  const device = addNoun(program, 'device', 'devices of a product');
  addDeviceCommands(device);
  addDeviceImport(device);
  addDeviceWatch(device);
  addSimulate(program);
}

function addConfigurations(program: Command): void {
  const config = addNoun(program, 'config', 'the draft and the versions of a product');
  addConfigGet(config);
  addConfigEdit(config);
  addConfigValidate(config);
  addConfigSave(config);
  addConfigApply(config);
  addConfigVersions(config);
  addConfigDiff(config);
  addConfigRestore(config);
  addSchemaCommands(addNoun(program, 'schema', 'the JSON Schema that versions must obey'));
  const rollout = addNoun(program, 'rollout', 'pushes of a version to the devices of a product');
  addRolloutStart(rollout);
  addRolloutWatch(rollout);
  addRolloutList(rollout);
  addRolloutShow(rollout);
  addRolloutAct(rollout);
  addRolloutBack(rollout);
}
