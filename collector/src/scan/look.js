// What one frame keeps on the device, and what it would connect to. The body of an async function.
const names = read => { try { return Object.keys(read()); } catch { return []; } };
const later = async read => { try { return await Promise.race([read(), new Promise(r => setTimeout(r, 2000))]) || []; } catch { return []; } };
return {
  origin: self.origin, address: location.href, kind: document.contentType,
  local: names(() => localStorage), session: names(() => sessionStorage),
  database: (await later(() => indexedDB.databases())).map(one => one.name),
  cache: await later(() => caches.keys()),
  connections: [...document.querySelectorAll('link[rel~="preconnect" i]')].map(link => link.href),
};
