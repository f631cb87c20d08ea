import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** Content of files by their path below the project, with slashes. */
export type Files = ReadonlyMap<string, Uint8Array>;

/** Settings that their owner may have changed in the folder: what was changed there stays. */
export const SETTINGS: readonly string[] = ["perennial/functions/.env.local", "perennial/functions/.secret.local"];

const FUNCTIONS = ["package.json", "package-lock.json", ".env.local", ".secret.local"];

/**
 * What is copied into a project that adopts Perennial: only what deploys, and the emulators' settings. The client and the
 * dashboard are there once they are built.
 * @param root of Perennial
 */
export function copiedFiles(
  root: string,
  { database, storageRules }: { database: string | null; storageRules: boolean },
): Files {
  const files = new Map<string, Uint8Array>();
  const copy = (from: string, to = from): void => void files.set(`perennial/${to}`, readFileSync(join(root, from)));
  for (const name of FUNCTIONS) copy(`functions/${name}`);
  // A source map without its sources tells nobody anything.
  for (const path of filesBelow(join(root, "functions/lib"))) if (!path.endsWith(".map")) copy(`functions/lib/${path}`);
  if (existsSync(join(root, "client/dist"))) {
    for (const path of filesBelow(join(root, "client/dist"))) copy(`client/dist/${path}`);
    if (existsSync(join(root, "client/package.json"))) copy("client/package.json");
  }
  if (existsSync(join(root, "dashboard/dist"))) {
    for (const path of filesBelow(join(root, "dashboard/dist"))) copy(`dashboard/dist/${path}`);
  }
  if (storageRules) copy("storage.rules");
  if (database !== null) {
    copy("firestore.rules");
    copy("firestore.indexes.json");
    const local = "perennial/functions/.env.local";
    const edited = (path: string, edit: (text: string) => string): void => {
      const found = files.get(path);
      if (found !== undefined) files.set(path, Buffer.from(edit(Buffer.from(found).toString("utf8"))));
    };
    edited(local, (env) => withDatabase(env, database));
    edited("perennial/dashboard/dist/index.html", (page) => pageWithDatabase(page, database));
  }
  return files;
}

/** A file of settings that names the database of the functions; the other settings stay. */
export function withDatabase(env: string, database: string): string {
  const line = `DATABASE_ID=${database}`;
  if (/^DATABASE_ID=/m.test(env)) return env.replace(/^DATABASE_ID=.*$/m, () => line);
  return `${env}${env === "" || env.endsWith("\n") ? "" : "\n"}${line}\n`;
}

/** The dashboard's page, which reads another database. */
function pageWithDatabase(page: string, database: string): string {
  return page.replace(/(<meta name="perennial-database" content=")[^"]*/, (_, before: string) => before + database);
}

/** Files of a folder and the folders in it, sorted, with slashes. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => statSync(join(folder, path)).isFile())
    .map((path) => path.replaceAll("\\", "/"))
    .sort();
}
