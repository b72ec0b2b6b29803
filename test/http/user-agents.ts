import type { UserAgent } from "../../src/http/user-agent.ts";

interface Known {
  readonly what: string;
  readonly text: string;
  readonly is: readonly [UserAgent["device"], UserAgent["vendor"], UserAgent["browser"], UserAgent["isBot"]];
}

/** User-Agents as they are sent, a few of each kind that a page may be made differently for. */
export const userAgents: readonly Known[] = [
  // Smartphones.
  {
    what: "Safari on an iPhone",
    text: "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4.1 Mobile/15E148 Safari/604.1",
    is: ["smartphone", "apple", "safari", "0"],
  },
  {
    what: "Chrome on an iPhone",
    text: "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/123.0.6312.52 Mobile/15E148 Safari/604.1",
    is: ["smartphone", "apple", "chrome", "0"],
  },
  {
    what: "Firefox on an iPhone",
    text: "Mozilla/5.0 (iPhone; CPU iPhone OS 14_4_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/124.0 Mobile/15E148 Safari/605.1.15",
    is: ["smartphone", "apple", "firefox", "0"],
  },
  {
    what: "Edge on an iPhone",
    text: "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 EdgiOS/122.0.2365.99 Mobile/15E148 Safari/605.1.15",
    is: ["smartphone", "apple", "edge", "0"],
  },
  {
    what: "an app's page on an iPhone",
    text: "Mozilla/5.0 (iPhone; CPU iPhone OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [FBAN/FBIOS;FBAV/430.0.0.23.113;FBDV/iPhone14,3;FBMD/iPhone]",
    is: ["smartphone", "apple", "safari", "0"],
  },
  {
    what: "the first iPhone",
    text: "Mozilla/5.0 (iPhone; U; CPU like Mac OS X; en) AppleWebKit/420+ (KHTML, like Gecko) Version/3.0 Mobile/1A543a Safari/419.3",
    is: ["smartphone", "apple", "safari", "0"],
  },
  {
    what: "Chrome on Android, as it is sent since 2023",
    text: "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/123.0.0.0 Mobile Safari/537.36",
    is: ["smartphone", "android", "chrome", "0"],
  },
  {
    what: "Chrome on a Pixel",
    text: "Mozilla/5.0 (Linux; Android 13; Pixel 7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/116.0.0.0 Mobile Safari/537.36",
    is: ["smartphone", "android", "chrome", "0"],
  },
  {
    what: "Samsung's browser on a Galaxy phone",
    text: "Mozilla/5.0 (Linux; Android 13; SAMSUNG SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/21.0 Chrome/110.0.5481.154 Mobile Safari/537.36",
    is: ["smartphone", "android", "samsung", "0"],
  },
  {
    what: "Firefox on an Android phone",
    text: "Mozilla/5.0 (Android 14; Mobile; rv:124.0) Gecko/124.0 Firefox/124.0",
    is: ["smartphone", "android", "firefox", "0"],
  },
  {
    what: "Opera on an Android phone",
    text: "Mozilla/5.0 (Linux; Android 10; VOG-L29) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/122.0.0.0 Mobile Safari/537.36 OPR/76.2.4027.73374",
    is: ["smartphone", "android", "opera", "0"],
  },
  {
    what: "Edge on an Android phone",
    text: "Mozilla/5.0 (Linux; Android 10; HD1913) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/123.0.6312.86 Mobile Safari/537.36 EdgA/122.0.2365.95",
    is: ["smartphone", "android", "edge", "0"],
  },
  {
    what: "the browser of Android 2",
    text: "Mozilla/5.0 (Linux; U; Android 2.3.6; en-us; Nexus S Build/GRK39F) AppleWebKit/533.1 (KHTML, like Gecko) Version/4.0 Mobile Safari/533.1",
    is: ["smartphone", "android", "generic", "0"],
  },
  {
    what: "a phone whose maker is called CUBOT",
    text: "Mozilla/5.0 (Linux; Android 9; CUBOT_X19) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/96.0.4664.104 Mobile Safari/537.36",
    is: ["smartphone", "android", "chrome", "0"],
  },
  {
    what: "Pinterest's app",
    text: "Mozilla/5.0 (Linux; Android 12; SM-A125F Build/SP1A.210812.016; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/109.0.5414.86 Mobile Safari/537.36 [Pinterest/Android]",
    is: ["smartphone", "android", "chrome", "0"],
  },
  {
    what: "a Windows Phone, which says it is an Android and an iPhone",
    text: "Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1; Microsoft; Lumia 950) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/52.0.2743.116 Mobile Safari/537.36 Edge/15.14977",
    is: ["smartphone", "generic", "edge", "0"],
  },
  {
    what: "Windows Phone 8.1",
    text: "Mozilla/5.0 (Mobile; Windows Phone 8.1; Android 4.0; ARM; Trident/7.0; Touch; rv:11.0; IEMobile/11.0; NOKIA; Lumia 520) like iPhone OS 7_0_3 Mac OS X AppleWebKit/537 (KHTML, like Gecko) Mobile Safari/537",
    is: ["smartphone", "generic", "msie", "0"],
  },
  {
    what: "a BlackBerry of 2013",
    text: "Mozilla/5.0 (BB10; Touch) AppleWebKit/537.10+ (KHTML, like Gecko) Version/10.0.9.2372 Mobile Safari/537.10+",
    is: ["smartphone", "generic", "generic", "0"],
  },

  // Tablets.
  {
    what: "an iPad that asks for the mobile site",
    text: "Mozilla/5.0 (iPad; CPU OS 16_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.5 Mobile/15E148 Safari/604.1",
    is: ["tablet", "apple", "safari", "0"],
  },
  {
    what: "Chrome on an iPad",
    text: "Mozilla/5.0 (iPad; CPU OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/123.0.6312.52 Mobile/15E148 Safari/604.1",
    is: ["tablet", "apple", "chrome", "0"],
  },
  {
    what: "a Galaxy tablet",
    text: "Mozilla/5.0 (Linux; Android 12; SM-X906C Build/QP1A.190711.020; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/80.0.3987.119 Safari/537.36",
    is: ["tablet", "android", "chrome", "0"],
  },
  {
    what: "Chrome on an Android tablet, as it is sent since 2023",
    text: "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/123.0.0.0 Safari/537.36",
    is: ["tablet", "android", "chrome", "0"],
  },
  {
    what: "Firefox on an Android tablet",
    text: "Mozilla/5.0 (Android 14; Tablet; rv:124.0) Gecko/124.0 Firefox/124.0",
    is: ["tablet", "android", "firefox", "0"],
  },
  {
    what: "a Kindle Fire",
    text: "Mozilla/5.0 (Linux; Android 5.1.1; KFSUWI) AppleWebKit/537.36 (KHTML, like Gecko) Silk/108.4.6 like Chrome/108.0.5359.220 Safari/537.36",
    is: ["tablet", "android", "generic", "0"],
  },

  // Feature phones.
  {
    what: "a Nokia of 2010",
    text: "Nokia6300/2.0 (05.50) Profile/MIDP-2.0 Configuration/CLDC-1.1",
    is: ["mobile", "generic", "generic", "0"],
  },
  {
    what: "Opera Mini on a Java phone",
    text: "Opera/9.80 (J2ME/MIDP; Opera Mini/9.80 (S60; SymbOS; Opera Mobi/23.348; U; en) Presto/2.5.25 Version/10.54",
    is: ["mobile", "generic", "opera", "0"],
  },
  {
    what: "a SonyEricsson",
    text: "SonyEricssonK750i/R1CA Browser/SEMC-Browser/4.2 Profile/MIDP-2.0 Configuration/CLDC-1.1",
    is: ["mobile", "generic", "generic", "0"],
  },
  {
    what: "a Samsung with a small browser",
    text: "SAMSUNG-GT-E2252/E2252DDLD3 Dolfin/2.0 Mobile SMM-MMS/1.2.0 profile/MIDP-2.1 configuration/CLDC-1.1",
    is: ["mobile", "generic", "generic", "0"],
  },
  {
    what: "a KaiOS phone",
    text: "Mozilla/5.0 (Mobile; Nokia_8110_4G; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5",
    is: ["mobile", "generic", "firefox", "0"],
  },
  {
    what: "a phone of DoCoMo",
    text: "DoCoMo/2.0 N905i(c100;TB;W24H16)",
    is: ["mobile", "generic", "generic", "0"],
  },

  // Desktop computers, and what shows pages as they do.
  {
    what: "Chrome on Windows",
    text: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/123.0.0.0 Safari/537.36",
    is: ["desktop", "generic", "chrome", "0"],
  },
  {
    what: "Edge on Windows",
    text: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/123.0.0.0 Safari/537.36 Edg/123.0.2420.65",
    is: ["desktop", "generic", "edge", "0"],
  },
  {
    what: "the first Edge",
    text: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/64.0.3282.140 Safari/537.36 Edge/18.17763",
    is: ["desktop", "generic", "edge", "0"],
  },
  {
    what: "Firefox on Windows",
    text: "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:124.0) Gecko/20100101 Firefox/124.0",
    is: ["desktop", "generic", "firefox", "0"],
  },
  {
    what: "Opera on Windows",
    text: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/123.0.0.0 Safari/537.36 OPR/109.0.0.0",
    is: ["desktop", "generic", "opera", "0"],
  },
  {
    what: "Internet Explorer 11",
    text: "Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko",
    is: ["desktop", "generic", "msie", "0"],
  },
  {
    what: "Internet Explorer 8 on a Tablet PC",
    text: "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0; Tablet PC 2.0)",
    is: ["desktop", "generic", "msie", "0"],
  },
  {
    what: "Safari on a Mac, and on an iPad that asks for the desktop site",
    text: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4.1 Safari/605.1.15",
    is: ["desktop", "apple", "safari", "0"],
  },
  {
    what: "Chrome on a Mac",
    text: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/123.0.0.0 Safari/537.36",
    is: ["desktop", "apple", "chrome", "0"],
  },
  {
    what: "Firefox on Linux",
    text: "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0",
    is: ["desktop", "generic", "firefox", "0"],
  },
  {
    what: "a Chromebook",
    text: "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/122.0.0.0 Safari/537.36",
    is: ["desktop", "generic", "chrome", "0"],
  },
  {
    what: "curl",
    text: "curl/8.6.0",
    is: ["desktop", "generic", "generic", "0"],
  },
  {
    what: "a Samsung television",
    text: "Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) 76.0.3809.146/6.0 TV Safari/537.36",
    is: ["desktop", "generic", "generic", "0"],
  },
  {
    what: "an LG television",
    text: "Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/79.0.3945.79 Safari/537.36 WebAppManager",
    is: ["desktop", "generic", "generic", "0"],
  },
  {
    what: "a television with Android",
    text: "Mozilla/5.0 (Linux; Android 9; BRAVIA 4K UR2 Build/PTT1.190515.001.S52) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/96.0.4664.104 Safari/537.36",
    is: ["desktop", "android", "chrome", "0"],
  },
  {
    what: "an Apple TV",
    text: "AppleTV11,1/11.1",
    is: ["desktop", "generic", "generic", "0"],
  },
  {
    what: "a PlayStation",
    text: "Mozilla/5.0 (PlayStation; PlayStation 5/2.26) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.0 Safari/605.1.15",
    is: ["desktop", "generic", "safari", "0"],
  },

  // Robots, by the device they pass for.
  {
    what: "Googlebot for phones",
    text: "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/123.0.6312.86 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    is: ["smartphone", "android", "chrome", "1"],
  },
  {
    what: "Googlebot",
    text: "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    is: ["desktop", "generic", "generic", "1"],
  },
  {
    what: "Bingbot",
    text: "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/116.0.1938.76 Safari/537.36",
    is: ["desktop", "generic", "chrome", "1"],
  },
  {
    what: "Applebot, on a Mac",
    text: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.1.1 Safari/605.1.15 (Applebot/0.1; +http://www.apple.com/go/applebot)",
    is: ["desktop", "apple", "safari", "1"],
  },
  {
    what: "Baidu",
    text: "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)",
    is: ["desktop", "generic", "generic", "1"],
  },
  {
    what: "Yahoo",
    text: "Mozilla/5.0 (compatible; Yahoo! Slurp; http://help.yahoo.com/help/us/ysearch/slurp)",
    is: ["desktop", "generic", "generic", "1"],
  },
  {
    what: "Facebook's preview",
    text: "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    is: ["desktop", "generic", "generic", "1"],
  },
  {
    what: "WhatsApp's preview",
    text: "WhatsApp/2.23.20.0",
    is: ["desktop", "generic", "generic", "1"],
  },
  {
    what: "Lighthouse",
    text: "Mozilla/5.0 (Linux; Android 11; moto g power (2022)) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0 Mobile Safari/537.36 Chrome-Lighthouse",
    is: ["smartphone", "android", "chrome", "1"],
  },
  {
    what: "a browser without a head",
    text: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/119.0.0.0 Safari/537.36",
    is: ["desktop", "generic", "chrome", "1"],
  },
  {
    what: "GPTBot",
    text: "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; GPTBot/1.2; +https://openai.com/gptbot",
    is: ["desktop", "generic", "safari", "1"],
  },
  {
    what: "a crawler of its own name",
    text: "SomeCrawler/1.0 (+https://example.com/crawler)",
    is: ["desktop", "generic", "generic", "1"],
  },
];
