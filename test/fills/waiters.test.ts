import { describe, expect, it } from "vitest";
import { expectAll, setUpFill } from "../support/fill.ts";
import { attached, bodies, callsOf, Feed, until } from "../support/origin.ts";

describe("a caller that goes away while it waits", () => {
  it("never leads: the next in turn does", async () => {
    const { near, origin, begin } = await setUpFill();
    const { leading, first, waitingFar } = await begin();
    // Those in the one data centre, who have waited longest, hear of nothing any more.
    near.link.state = "deaf";
    first.fail("refused");
    expect(await bodies([leading])).toEqual(["error: refused"]);
    (await origin.nth(2)).answer("two");
    await expectAll(waitingFar, "two");
    expect(callsOf([near], "acquire")).toBe(2);
    expect(origin.asked).toHaveLength(2);
  });

  it("holds nobody up for longer than a transfer may take, when the shield's copy was on its way to it", async () => {
    const { world, config, leader, far, origin, url, get } = await setUpFill({ fillTimeoutSeconds: 10 });
    origin.byItself = () => "one";
    expect(await bodies([get(leader)])).toEqual(["one"]);
    await world.surroundings.settle();
    far.link.before = (method) => {
      if (method === "acquire") far.link.state = "deaf";
    };
    void get(far);
    await attached(world, [far], 1);
    const other = await world.isolate("there");
    const waiting = origin.get(other, config, url);
    await attached(world, [other], 2);
    origin.byItself = undefined;
    world.surroundings.advance(5.001);
    expect(await bodies([waiting])).toEqual(["one"]);
    expect(callsOf([other], "landed")).toBe(1);
  });
});

describe("a body", () => {
  const LARGE = "x".repeat(64 * 1024);

  it("that breaks in the middle is never stored; another leads, and all others have whole ones", async () => {
    const { origin, begin } = await setUpFill();
    const { leading, first, waiting } = await begin();
    const feed = new Feed();
    first.answer(new Response(feed.body));
    feed.write("hal");
    const response = await leading;
    feed.break("connection lost");
    await expect(response.text()).rejects.toThrow("connection lost");
    (await origin.nth(2)).answer("whole");
    expect(await bodies(waiting)).toEqual(["whole", "whole", "whole", "whole"]);
    expect(origin.asked).toHaveLength(2);
  });

  it("that breaks after a megabyte is never stored either", async () => {
    const { origin, begin } = await setUpFill();
    const { leading, first, waiting } = await begin();
    const feed = new Feed();
    first.answer(new Response(feed.body));
    const reading = leading.then((response) => response.text()).catch((error: Error) => error.message);
    for (let chunk = 0; chunk < 24; chunk += 1) feed.write(LARGE);
    await until(() => feed.wanted);
    feed.break("connection lost");
    expect(await reading).toBe("connection lost");
    (await origin.nth(2)).answer("whole");
    expect(await bodies(waiting)).toEqual(["whole", "whole", "whole", "whole"]);
    expect(origin.asked).toHaveLength(2);
  });

  it("that never ends keeps the others for one lease", async () => {
    const { origin, begin, expireLease } = await setUpFill();
    const { leading, first, waiting } = await begin();
    const feed = new Feed();
    first.answer(new Response(feed.body));
    feed.write("and so on");
    await leading;
    expireLease();
    (await origin.nth(2)).answer("whole");
    expect(await bodies(waiting)).toEqual(["whole", "whole", "whole", "whole"]);
    feed.write("and on");
  });

  it("that never ends, whoever asks for it, keeps nobody for more than two leases", async () => {
    const { world, origin, begin, expireLease } = await setUpFill();
    const endless = () => {
      const feed = new Feed();
      feed.write("and so on");
      return new Response(feed.body);
    };
    const { leading, first, waiting } = await begin();
    first.answer(endless());
    await leading;
    origin.byItself = endless;
    expireLease();
    await origin.nth(2);
    world.surroundings.advance(2);
    await Promise.all(waiting);
    expect(origin.asked).toHaveLength(5);
  });

  it.each([
    ["goes away", "small", 1],
    ["goes away", "large", 30],
    ["reads nothing", "small", 1],
  ])("whose first reader %s is stored all the same when it is %s", async (how, _, chunks) => {
    const { origin, begin } = await setUpFill();
    const { leading, first, waiting } = await begin();
    const feed = new Feed();
    first.answer(new Response(feed.body));
    const response = await leading;
    if (how === "goes away") await response.body?.cancel();
    for (let chunk = 0; chunk < chunks; chunk += 1) feed.write(LARGE);
    feed.end();
    const whole = await bodies(waiting);
    expect(whole.map((body) => body.length)).toEqual(waiting.map(() => chunks * LARGE.length));
    expect(origin.asked).toHaveLength(1);
  });

  it("that is large and whose first reader reads nothing keeps the others for one lease", async () => {
    const CHUNKS = 40;
    const { origin, begin, expireLease } = await setUpFill();
    const { leading, first, waiting } = await begin();
    const feed = new Feed();
    const headers = { "content-length": String(CHUNKS * LARGE.length) };
    first.answer(new Response(feed.body, { headers }));
    const response = await leading;
    for (let chunk = 0; chunk < CHUNKS; chunk += 1) feed.write(LARGE);
    feed.end();
    expireLease();
    (await origin.nth(2)).answer("two");
    expect((await bodies(waiting)).map((body) => body.slice(0, 10))).toEqual(["two", "two", "two", "two"]);
    expect(await response.text()).toHaveLength(CHUNKS * LARGE.length);
    expect(origin.asked).toHaveLength(2);
  });
});

describe("a response that is for its own caller only", () => {
  it("is not waited for any longer: all go to the origin, now and in the next two minutes", async () => {
    const { world, near, far, origin, get, begin } = await setUpFill();
    const { leading, first, waiting } = await begin();
    let nth = 0;
    const personal = () => {
      nth += 1;
      return new Response(`for ${nth}`, { headers: { "set-cookie": `id=${nth}` } });
    };
    first.answer(personal());
    expect((await leading).headers.get("set-cookie")).toBe("id=1");
    // None of them answers before all are there: they do not wait for each other.
    const others = await Promise.all([2, 3, 4, 5].map((nth) => origin.nth(nth)));
    for (const other of others) other.answer(personal());
    const cookies = (await Promise.all(waiting)).map((response) => response.headers.get("set-cookie"));
    expect(cookies.sort()).toEqual(["id=2", "id=3", "id=4", "id=5"]);
    await world.surroundings.settle();

    const before = callsOf([near, far], "acquire");
    world.surroundings.advance(110);
    const again = [near, near, far, far].map((isolate) => get(isolate));
    const more = await Promise.all([6, 7, 8, 9].map((nth) => origin.nth(nth)));
    expect(callsOf([near, far], "acquire")).toBe(before);
    for (const other of more) other.answer("for all");
    expect(await bodies(again)).toEqual(["for all", "for all", "for all", "for all"]);
    await world.surroundings.settle();
    // What can be stored again is, and ends it.
    expect(await bodies([get(near), get(far)])).toEqual(["for all", "for all"]);
    expect(origin.asked).toHaveLength(9);
  });

  it("lets them wait for each other again after that", async () => {
    const { world, origin, get } = await setUpFill();
    origin.byItself = () => new Response("for one", { headers: { "set-cookie": "id=1" } });
    expect(await bodies([get()])).toEqual(["for one"]);
    await world.surroundings.settle();
    world.surroundings.advance(121);
    origin.byItself = undefined;
    // In data centres that know nothing of it, for the note that lies in the first ends by the real clock.
    const [one, two] = [await world.isolate("one"), await world.isolate("two")];
    const answers = [get(one), get(two)];
    const second = await origin.nth(2);
    await attached(world, [one, two], 2);
    second.answer("for all");
    expect(await bodies(answers)).toEqual(["for all", "for all"]);
    expect(origin.asked).toHaveLength(2);
  });
});

it("those for whom there is no room to wait go to the origin, and the others wait on", async () => {
  const { world, origin, near, far, get } = await setUpFill({ maxWaiters: 3 });
  const leading = get();
  const first = await origin.nth(1);
  const answers = [near, near, near, far, far].map((isolate) => get(isolate));
  await attached(world, [near, far], 5);
  const [second, third] = [await origin.nth(2), await origin.nth(3)];
  second.answer("two");
  third.answer("three");
  await until(async () => (await Promise.race([Promise.all(answers), undefined])) === undefined);
  first.answer("one");
  const got = await bodies([leading, ...answers]);
  expect(got.filter((body) => body === "two" || body === "three")).toHaveLength(2);
  expect(origin.asked).toHaveLength(3);
});
