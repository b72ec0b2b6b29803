import { runInDurableObject } from "cloudflare:test";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import type { Timed } from "../../objects/alarm.ts";
import { Alarm } from "../../objects/alarm.ts";
import { freshObject } from "../support/namespace-object.ts";
import { START, useObjectClock } from "../support/object-clock.ts";

const { goTo } = useObjectClock();

/** Runs `work` with an alarm of an object that nothing else uses, as a new instance of it would make one. */
function withAlarm<Result>(
  work: (alarm: Alarm, storage: DurableObjectStorage, renew: () => Alarm) => Promise<Result>,
): Promise<Result> {
  return runInDurableObject(freshObject().stub, async (_, { storage }) => {
    await storage.deleteAlarm();
    return work(new Alarm(storage), storage, () => new Alarm(storage));
  });
}

/** When it is set for, in seconds after the start; null when it is not. */
async function setFor(storage: DurableObjectStorage): Promise<number | null> {
  const atMs = await storage.getAlarm();
  return atMs === null ? null : (atMs - START) / 1000;
}

const at = (seconds: number) => START + seconds * 1000;

/** Something that is due at given seconds after the start, each time it has run at the next; it notes when it did. */
class Task implements Timed {
  readonly ran: number[] = [];
  readonly slackMs: number;
  readonly #due: number[];
  readonly #does: () => "again" | undefined | Promise<undefined>;

  constructor(due: readonly number[], slackSeconds = 0, does: Task["run"] = () => undefined) {
    this.#due = [...due];
    this.slackMs = slackSeconds * 1000;
    this.#does = does as () => "again" | undefined;
  }

  nextDueMs(): number | undefined {
    const [next] = this.#due;
    return next === undefined ? undefined : at(next);
  }

  run(nowMs: number): "again" | undefined | Promise<undefined> {
    const does = this.#does();
    this.ran.push((nowMs - START) / 1000);
    if (does !== "again") this.#due.shift();
    return does;
  }
}

describe("an alarm that is asked for", () => {
  test("comes for whatever is due first, and is set no more often than it has to be", async () => {
    await withAlarm(async (alarm, storage) => {
      const sets = vi.spyOn(storage, "setAlarm");
      for (const seconds of [100, 200, 50, 70, 50]) await alarm.by(at(seconds), 0);
      expect(await setFor(storage)).toBe(50);
      expect(sets).toHaveBeenCalledTimes(2);
      sets.mockRestore();
    });
  });

  test("waits for its slack, and one that comes at most as long after that is left alone", async () => {
    await withAlarm(async (alarm, storage) => {
      const within = (seconds: number) => alarm.by(at(seconds), 60_000);
      await within(100);
      expect(await setFor(storage)).toBe(160);
      await within(40);
      expect(await setFor(storage)).toBe(160);
      await within(39);
      expect(await setFor(storage)).toBe(99);
      await within(-100);
      expect(await setFor(storage)).toBe(0);
    });
  });

  test("is looked up by a new instance, and not put off by it", async () => {
    await withAlarm(async (alarm, storage, renew) => {
      await alarm.by(at(10), 0);
      const another = renew();
      await another.by(at(20), 0);
      expect(await setFor(storage)).toBe(10);
      await another.by(at(5), 0);
      expect(await setFor(storage)).toBe(5);
    });
  });

  test("comes at once in the place of one that was lost, and not of one that is only late", async () => {
    await withAlarm(async (alarm, storage) => {
      await alarm.by(at(10), 0);
      goTo(300);
      await alarm.by(at(1000), 0);
      expect(await setFor(storage)).toBe(10);
      goTo(311);
      await alarm.by(at(1000), 0);
      expect(await setFor(storage)).toBe(311);
    });
  });

  test("is never later than anything asks for", async () => {
    const wish = fc.record({ due: fc.integer({ min: 0, max: 300 }), slack: fc.constantFrom(0, 0, 10, 60) });
    await fc.assert(
      fc.asyncProperty(fc.array(wish, { minLength: 1, maxLength: 8 }), fc.nat(7), async (wishes, renewAt) => {
        await withAlarm(async (first, storage, renew) => {
          let alarm = first;
          for (const [index, { due, slack }] of wishes.entries()) {
            if (index === renewAt) alarm = renew();
            await alarm.by(at(due), slack * 1000);
          }
          const latest = Math.min(...wishes.map(({ due, slack }) => due + 2 * slack));
          expect(await setFor(storage)).toBeLessThanOrEqual(latest);
          expect(await setFor(storage)).toBeGreaterThanOrEqual(Math.min(...wishes.map(({ due }) => due)));
        });
      }),
      { numRuns: 40 },
    );
  });
});

describe("a run of the alarm", () => {
  test("runs what is due and nothing else, and sets the next for what is due after that", async () => {
    await withAlarm(async (alarm, storage) => {
      const tasks = [new Task([10, 30]), new Task([20]), new Task([])];
      for (const task of tasks) await alarm.wake(task);
      const times: (number | null)[] = [];
      for (let next = await setFor(storage); next !== null && times.length < 9; next = await setFor(storage)) {
        times.push(next);
        goTo(next);
        // The platform takes the alarm off before it calls the handler.
        await storage.deleteAlarm();
        await alarm.run(tasks);
      }
      expect(times).toEqual([10, 20, 30]);
      expect(tasks.map(({ ran }) => ran)).toEqual([[10, 30], [20], []]);
    });
  });

  test("that stops in the middle is followed by another at once, whatever the slack", async () => {
    await withAlarm(async (alarm, storage) => {
      goTo(100);
      await alarm.run([new Task([500]), new Task([10], 60, () => "again")]);
      expect(await setFor(storage)).toBe(100);
    });
  });

  test("in which one fails runs the others, and the one again in a minute", async () => {
    await withAlarm(async (alarm, storage) => {
      const error = vi.spyOn(console, "error").mockImplementation(() => undefined);
      const failing = new Task([10], 0, () => {
        throw new Error("the disk is full");
      });
      const other = new Task([10, 500]);
      goTo(10);
      await alarm.run([failing, other]);
      expect(other.ran).toEqual([10]);
      expect(await setFor(storage)).toBe(70);
      expect(error).toHaveBeenCalledOnce();
      error.mockRestore();
    });
  });

  test("does not make one wait that has nothing to wait for, and keeps what is asked for meanwhile", async () => {
    await withAlarm(async (alarm, storage) => {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const slow = new Task([10], 0, () => promise);
      const quick = new Task([10]);
      goTo(10);
      const running = alarm.run([slow, quick]);
      await vi.waitFor(() => expect(quick.ran).toEqual([10]));
      await alarm.by(at(15), 0);
      expect(await setFor(storage)).toBe(15);
      resolve(undefined);
      await running;
      expect(await setFor(storage)).toBe(15);
    });
  });

  test("that begins while the alarm is being looked up does not take it for set", async () => {
    await withAlarm(async (alarm, storage) => {
      const { promise, resolve } = Promise.withResolvers<number | null>();
      const lookUp = vi.spyOn(storage, "getAlarm").mockReturnValueOnce(promise);
      const asking = alarm.by(at(40), 0);
      goTo(10);
      const running = alarm.run([new Task([10])]);
      resolve(at(10));
      await Promise.all([asking, running]);
      lookUp.mockRestore();
      expect(await setFor(storage)).toBe(40);
    });
  });
});
