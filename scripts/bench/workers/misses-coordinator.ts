import { env } from "cloudflare:workers";
import { CacheNamespace } from "../../../objects/cache-namespace.ts";
import Coordinator from "../../../src/worker.ts";

/** The namespace object, and the least a call of it can do. */
export class MeasuredNamespace extends CacheNamespace {
  async nothing(): Promise<void> {}

  /** Makes one row durable: the reply waits for the disk. */
  async writeRow(): Promise<void> {
    const { sql } = this.ctx.storage;
    sql.exec("CREATE TABLE IF NOT EXISTS bench (id INTEGER PRIMARY KEY, text TEXT NOT NULL)");
    sql.exec("INSERT INTO bench (text) VALUES (?)", "x".repeat(200));
  }
}

/** The coordinator, with these calls passed on to the object as it passes on its own. */
export default class MeasuredCoordinator extends Coordinator {
  async nothing(namespace: string): Promise<void> {
    return objectOf(namespace).nothing();
  }

  async writeRow(namespace: string): Promise<void> {
    return objectOf(namespace).writeRow();
  }
}

function objectOf(namespace: string): DurableObjectStub<MeasuredNamespace> {
  return env.NAMESPACES.getByName(namespace) as DurableObjectStub<MeasuredNamespace>;
}
