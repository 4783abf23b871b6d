import * as path from "node:path";
import * as vscode from "vscode";
import {
  ExecuteCommandSignature,
  LanguageClient,
  LanguageClientOptions,
  Location,
  Position,
  ServerOptions,
} from "vscode-languageclient/node";
import { isSpec } from "./detecting";

const LANGUAGE = "inception-spec";
const SECTION = "inceptionCompile";
const SHOW = "inceptionCompile.show";
let client: LanguageClient | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  context.subscriptions.push(
    vscode.commands.registerCommand("inceptionCompile.restart", restart),
    vscode.commands.registerCommand("inceptionCompile.showOutput", () => client?.outputChannel.show()),
    vscode.workspace.onDidOpenTextDocument(detect),
    vscode.workspace.onDidChangeConfiguration(async (event) => {
      const served = ["command", "plugins"].some((key) => event.affectsConfiguration(`${SECTION}.${key}`));
      if (served) {
        await restart();
      }
    }),
  );
  await Promise.all(vscode.workspace.textDocuments.map(detect));
  await start();
}

export async function deactivate(): Promise<void> {
  await client?.dispose();
  client = undefined;
}

/** Call a YAML file a spec if it is one, so that this extension and its server are for it alone. */
async function detect(document: vscode.TextDocument): Promise<void> {
  const wanted = vscode.workspace.getConfiguration(SECTION, document.uri).get<boolean>("detect", true);
  if (wanted && document.languageId === "yaml" && isSpec(document.getText())) {
    await vscode.languages.setTextDocumentLanguage(document, LANGUAGE);
  }
}

async function restart(): Promise<void> {
  await deactivate();
  await start();
}

async function start(): Promise<void> {
  client = new LanguageClient(SECTION, "Inception specs", server(), options());
  try {
    await client.start();
  } catch {
    const help = "install it with pip install 'inception-compile[editor]', or set inceptionCompile.command";
    const answer = await vscode.window.showErrorMessage(
      `${command()} lsp doesn't start: ${help}`,
      "Open settings",
    );
    if (answer) {
      await vscode.commands.executeCommand("workbench.action.openSettings", `${SECTION}.command`);
    }
  }
}

function server(): ServerOptions {
  const plugins = vscode.workspace.getConfiguration(SECTION).get<string[]>("plugins", []);
  const args = ["lsp", ...plugins.flatMap((file) => ["--plugin", fromFolder(file)])];
  return { command: command(), args };
}

function command(): string {
  return fromFolder(vscode.workspace.getConfiguration(SECTION).get<string>("command", "inception-compile"));
}

/** A path that begins with a dot, from the workspace's first folder on. */
function fromFolder(file: string): string {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
  return file.startsWith(".") && folder ? path.join(folder, file) : file;
}

function options(): LanguageClientOptions {
  return {
    documentSelector: [{ language: LANGUAGE }],
    initializationOptions: { listsPlaces: true },
    middleware: { executeCommand: show },
  };
}

/** List the places that a code lens leads to, which are the server's answer to its command. */
async function show(command: string, given: unknown[], next: ExecuteCommandSignature): Promise<unknown> {
  const found: { said: string; places: Location[]; at: Position | null } | null = await next(command, given);
  const convert = client?.protocol2CodeConverter;
  if (command !== SHOW || !found || !convert) {
    return found;
  }
  if (found.places.length && found.at) {
    const uri = convert.asUri(String(given[0]));
    const places = found.places.map((place) => convert.asLocation(place));
    await vscode.commands.executeCommand("editor.action.showReferences", uri, convert.asPosition(found.at), places);
  }
  vscode.window.setStatusBarMessage(found.said, 10_000);
  return found;
}
