// Made from schemas/http/openapi.json by `npm run schema`: change it there.

export interface paths {
    "/api/about": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Say which versions run here, on what machine, since when, and within which limits
         * @description Say which versions run here, on what machine, since when, and within which limits.
         */
        get: operations["showAbout"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show who has changed what, and who was refused, the newest first
         * @description Show who has changed what, and who was refused, the newest first.
         */
        get: operations["showAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/docs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Describe this API for people
         * @description Describe this API for people.
         */
        get: operations["showDocs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show what has happened, and what happens from now on
         * @description Show what has happened, and what happens from now on.
         */
        get: operations["showEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/extensions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the extensions, and who implements which hook
         * @description List the extensions, and who implements which hook.
         */
        get: operations["listExtensions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Say whether the host is up
         * @description Say whether the host is up.
         */
        get: operations["showHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/host/reload": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Read the host's configuration anew and take over what has changed
         * @description Read the host's configuration anew and take over what has changed. The server's certificate is read again, too.
         */
        post: operations["reloadHost"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/interfaces": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the interfaces that plugins have, with who provides and who requires them
         * @description List the interfaces that plugins have, with who provides and who requires them.
         */
        get: operations["listInterfaces"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/interfaces/{name}/diff": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Compare two versions of an interface and say what the newer one breaks
         * @description Compare two versions of an interface and say what the newer one breaks.
         */
        get: operations["compareInterfaceVersions"];
        put?: never;
        /**
         * Compare a version of an interface with an interface file that no plugin has yet; nothing is changed
         * @description Compare a version of an interface with an interface file that no plugin has yet; nothing is changed.
         */
        post: operations["compareInterfaceWithDocument"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/interfaces/{name}/{version}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show one version of an interface with its methods and schemas
         * @description Show one version of an interface with its methods and schemas.
         */
        get: operations["showInterface"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Open the live websocket: topics to follow, and calls with items both ways
         * @description Open the live websocket: topics to follow, and calls with items both ways. Its messages are described by `schemas/http/live.schema.json`. A request that asks for no upgrade is told why a websocket would be refused right now, and that an upgrade is required where it would not.
         */
        get: operations["openLive"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/messages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List recorded messages, export them, or follow them
         * @description List recorded messages, export them, or follow them.
         */
        get: operations["listMessages"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/navigation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show what extensions add to the console's navigation
         * @description Show what extensions add to the console's navigation.
         */
        get: operations["showNavigation"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the plugins, or those that are asked for; those that were refused are among them
         * @description List the plugins, or those that are asked for; those that were refused are among them.
         */
        get: operations["listPlugins"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/inspect": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Say what is in an archive of a plugin, and what would follow from loading it
         * @description Say what is in an archive of a plugin, and what would follow from loading it. Nothing of it is run, and nothing is kept.
         */
        post: operations["inspectPlugin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/load": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Load a plugin, and answer when it is ready
         * @description Load a plugin, and answer when it is ready. An archive is fetched, looked at and unpacked first, as one that is uploaded. With `replace` it takes the place of a version that is loaded as a reload does.
         */
        post: operations["loadPlugin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/load/inspect": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Say what `load` would load, and what would follow from that
         * @description Say what `load` would load, and what would follow from that. Nothing of it is run, and nothing is kept.
         */
        post: operations["inspectLoad"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/upload": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Load the plugin in an archive, and answer when it is ready
         * @description Load the plugin in an archive, and answer when it is ready. The archive is a zip, tar or tar.gz of the plugin's folder. It is unpacked below the data folder, in `uploads`. With `replace` it takes the place of a version that is loaded as a reload does.
         */
        post: operations["uploadPlugin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{plugin_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Stop a plugin and forget it
         * @description Stop a plugin and forget it.
         */
        delete: operations["unloadPlugin"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{plugin_id}/call": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Call a method of a plugin
         * @description Call a method of a plugin.
         */
        post: operations["callPlugin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{plugin_id}/calls": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the calls that a plugin works on at this moment, and those that wait for it
         * @description List the calls that a plugin works on at this moment, and those that wait for it. A call waits for its turn where the plugin has as many as it takes, and for the plugin itself while that starts on demand or is replaced; in the latter case it has no process yet. It keeps its id from its arrival to its end; where it is recorded, that is the id of its record in the communication log.
         */
        get: operations["listCalls"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{plugin_id}/calls/{call_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Cancel a call that a plugin works on, or that waits for it, whoever made it
         * @description Cancel a call that a plugin works on, or that waits for it, whoever made it.
         */
        delete: operations["cancelCall"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{plugin_id}/config": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show how a plugin is configured: its schema, each layer of values, and what follows from them
         * @description Show how a plugin is configured: its schema, each layer of values, and what follows from them.
         */
        get: operations["showConfig"];
        /**
         * Set what is laid over a plugin's configuration, whole, and reload the plugin with it
         * @description Set what is laid over a plugin's configuration, whole, and reload the plugin with it. A secret that is sent back masked stays as it is. The plugin is reloaded the way its manifest says, so that no call fails; one that does not run has the values when it starts.
         */
        put: operations["configurePlugin"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{plugin_id}/config/validate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Check values for a plugin's configuration; nothing is changed
         * @description Check values for a plugin's configuration; nothing is changed.
         */
        post: operations["validateConfig"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{plugin_id}/dependents": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Say what unloading a plugin with `cascade` would unload before it, in that order
         * @description Say what unloading a plugin with `cascade` would unload before it, in that order.
         */
        get: operations["listDependents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{plugin_id}/disable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop a plugin and keep it from starting
         * @description Stop a plugin and keep it from starting.
         */
        post: operations["disablePlugin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{plugin_id}/enable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let a disabled plugin run again
         * @description Let a disabled plugin run again.
         */
        post: operations["enablePlugin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{plugin_id}/exits": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List how the latest processes of a plugin have ended, at most 20, the latest first
         * @description List how the latest processes of a plugin have ended, at most 20, the latest first.
         */
        get: operations["listExits"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{plugin_id}/info": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show everything about a plugin; also why it does not run
         * @description Show everything about a plugin; also why it does not run.
         */
        get: operations["showPlugin"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{plugin_id}/instances": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the instances of a plugin: how each is, its process, and what it uses
         * @description List the instances of a plugin: how each is, its process, and what it uses.
         */
        get: operations["listInstances"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{plugin_id}/logs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show the log of a plugin
         * @description Show the log of a plugin.
         */
        get: operations["showLogs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{plugin_id}/manifest": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show the manifest of a plugin: its text, and what the host has made of it
         * @description Show the manifest of a plugin: its text, and what the host has made of it. The text is that of the file as it is now, also of one that was refused; the plugin runs with what was read last.
         */
        get: operations["showManifest"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{plugin_id}/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show how often each method of a plugin was called, with what outcome, and how long that took
         * @description Show how often each method of a plugin was called, with what outcome, and how long that took.
         */
        get: operations["showPluginMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{plugin_id}/metrics/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show how many calls a plugin had over the last half hour, how long they took, and what its processes used
         * @description Show how many calls a plugin had over the last half hour, how long they took, and what its processes used.
         */
        get: operations["showPluginHistory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{plugin_id}/reload": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Put a new version of a plugin in the place of the running one, without losing a call
         * @description Put a new version of a plugin in the place of the running one, without losing a call.
         */
        post: operations["reloadPlugin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{plugin_id}/reset": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give a failed plugin another chance
         * @description Give a failed plugin another chance.
         */
        post: operations["resetPlugin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{plugin_id}/restart": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop a plugin and start it again
         * @description Stop a plugin and start it again.
         */
        post: operations["restartPlugin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{plugin_id}/start": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Start a plugin, and answer when it is ready
         * @description Start a plugin, and answer when it is ready.
         */
        post: operations["startPlugin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{plugin_id}/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop a plugin
         * @description Stop a plugin.
         */
        post: operations["stopPlugin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{plugin_id}/traffic": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the recorded calls of a plugin, export them, or follow them
         * @description List the recorded calls of a plugin, export them, or follow them.
         */
        get: operations["listPluginTraffic"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{plugin_id}/traffic/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show what is recorded of a plugin
         * @description Show what is recorded of a plugin.
         */
        get: operations["showTrafficSettings"];
        /**
         * Record other things of a plugin from now on, until it is unloaded
         * @description Record other things of a plugin from now on, until it is unloaded.
         */
        put: operations["changeTrafficSettings"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show who one is, and whether one has to sign in
         * @description Show who one is, and whether one has to sign in.
         */
        get: operations["showSession"];
        put?: never;
        /**
         * Open a session with a token or the code of a sign-in link
         * @description Open a session with a token or the code of a sign-in link. The session's id comes as a cookie that scripts cannot read. It ends when the page signs out, with its token, and by itself.
         */
        post: operations["signIn"];
        /**
         * End the session of this page, if there is one, and have the browser forget its cookie
         * @description End the session of this page, if there is one, and have the browser forget its cookie.
         */
        delete: operations["signOut"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the access tokens, without what one could sign in with
         * @description List the access tokens, without what one could sign in with.
         */
        get: operations["listTokens"];
        put?: never;
        /**
         * Make an access token; its text is in this answer and nowhere else
         * @description Make an access token; its text is in this answer and nowhere else.
         */
        post: operations["createToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tokens/{token_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke a token: nobody can use it from now on, and the sessions that were opened with it end
         * @description Revoke a token: nobody can use it from now on, and the sessions that were opened with it end.
         */
        delete: operations["revokeToken"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/topology": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show who requires whom, and in which waves plugins start
         * @description Show who requires whom, and in which waves plugins start.
         */
        get: operations["showTopology"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/traffic": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List recorded calls, export them, or follow them
         * @description List recorded calls, export them, or follow them.
         */
        get: operations["listTraffic"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/traffic/{call_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show a recorded call with what it carried, the calls made for it, and its messages
         * @description Show a recorded call with what it carried, the calls made for it, and its messages.
         */
        get: operations["showRecordedCall"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/traffic/{call_id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a recorded call again
         * @description Make a recorded call again.
         */
        post: operations["replayCall"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/verification": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show whose word the host takes for the files of plugins, and what came of it
         * @description Show whose word the host takes for the files of plugins, and what came of it.
         */
        get: operations["showVerification"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show all figures as text, in the format of Prometheus or of OpenMetrics
         * @description Show all figures as text, in the format of Prometheus or of OpenMetrics.
         */
        get: operations["showMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Describe this API for programs
         * @description Describe this API for programs.
         */
        get: operations["showOpenapi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description Says what runs here. */
        About: {
            /** @description The version of Polyhost. */
            version: string;
            /** @description The version of Python, and which one it is. */
            python: string;
            /** @description Name to version. */
            libraries: {
                [key: string]: string;
            };
            /** @description The operating system, its release and the processor's kind. */
            platform: string;
            /** @description How many cores the host may use. */
            cores: number;
            /** @description The process id of the host. */
            pid: number;
            /** @description Absolute path of the host's data folder. */
            data: string;
            /** @description Identifies this run of the host. */
            run: string;
            /** @description When the host was opened, seconds since the epoch. */
            started_at: number;
            /** @description Seconds since then. */
            uptime: number;
            /** @description What manifests may name as their transport. */
            transports: string[];
            /** @description Names of the extensions that take part. */
            extensions: string[];
            /** @description Bounds of the API, in bytes, seconds or pieces, as their names say. */
            limits: {
                [key: string]: number;
            };
        };
        /** @description Is a part of the audit trail. */
        AuditPage: {
            /** @description The newest first. */
            records: components["schemas"]["AuditRecord"][];
            /** @description What to give as `before` for those that follow; null at the end. */
            next: number | null;
            /** @description How many records were not kept since the server was started. */
            dropped: number;
        };
        /** @description Is one line of the audit trail. */
        AuditRecord: {
            /** @description Grows from record to record; gaps are possible. */
            id: number;
            /** @description When it was answered, seconds since the epoch. */
            at: number;
            /** @description `done`, `failed` or `refused`. */
            outcome: components["schemas"]["Outcome"];
            /** @description Who has asked: the name of a token, `local`, `nobody`, the signal that has, or `file watcher`. */
            caller: string;
            /** @description How they are known: `local`, `token`, `session`, `nobody`, `signal` for one to the server's process, or `watcher` for what the host does by itself when files have changed. */
            kind: string;
            /** @description The id of their token, or empty. */
            token_id: string;
            /** @description Where they came from; `local` for a socket in the file system. */
            address: string;
            /** @description What was asked for, e.g. `stopPlugin`; empty when it was refused before that was known. */
            operation: string;
            /** @description To what: the ids in the path, and what the body names. */
            target: string;
            /** @description Of HTTP; empty for what did not come over it. */
            method: string;
            /** @description Of the request, without its query. */
            path: string;
            /** @description Of the answer; 0 when the client was gone before there was one, or none was to be sent. */
            status: number;
            /** @description The code of the problem, or empty. */
            problem: string;
            /** @description The request's id, which the log has, too. */
            request_id: string;
            /** @description Of a call that was made, the id of its record in the communication log; null where that keeps none. */
            call: number | null;
        };
        /** @description Is what a call has brought. */
        CallAnswer: {
            /** @description The answer of the method. */
            result: unknown;
        };
        /**
         * @description Says what to call.
         * @example {
         *       "method": "KeyValue.Get",
         *       "params": {
         *         "key": "a"
         *       },
         *       "timeout_ms": 2000
         *     }
         */
        CallBody: {
            /** @description `Interface.Method`. */
            method: string;
            /** @description The argument object; binary data in it has the form `{"$bytes": "<base64>"}`. */
            params?: {
                [key: string]: unknown;
            };
            /** @description The deadline, milliseconds from now; by default that of the method, the plugin or the host. */
            timeout_ms?: number | null;
            /** @description For a method that takes a stream, its items. */
            items?: unknown[] | null;
            /** @description Of a method that nothing describes, which way its items go; of others it says nothing. */
            stream?: ("in" | "out" | "both") | null;
        };
        /** @description Shows everything about a recorded call. */
        CallDetails: {
            /** @description The call, with what it carried. */
            call: components["schemas"]["RecordedCall"];
            /** @description Calls that were made for it, the latest first, up to a page. */
            children: components["schemas"]["RecordedCall"][];
            /** @description Its messages, the latest first, up to a page. */
            messages: components["schemas"]["RecordedMessage"][];
        };
        /** @description Is the last line of a streamed answer that failed. */
        CallFailure: {
            error: components["schemas"]["ProblemBody"];
        };
        /** @description Counts calls since the host knows the plugin. */
        CallFigures: {
            /** @description Calls that have an outcome. */
            calls: number;
            /** @description Those of them that failed, whatever the reason; also those whose callers have gone. */
            errors: number;
            /** @description The time they took together. */
            total_seconds: number;
            /** @description Calls that were made and have no outcome yet. */
            in_flight: number;
            /** @description How many failed with which code: that of an error, `cancelled` or `internal`. */
            failures: {
                [key: string]: number;
            };
            /** @description How many calls took how long, a number for each of `bounds` and one for longer ones. */
            latencies: number[];
            /** @description Seconds in which half of them had their outcome, an estimate from `latencies`; null before the first. */
            p50: number | null;
            /** @description The same for nine of ten. */
            p90: number | null;
            /** @description The same for 99 of 100. */
            p99: number | null;
        };
        /** @description Is a line of a streamed answer: an item. */
        CallItem: {
            item: unknown;
        };
        /** @description Holds the calls that a plugin works on. */
        CallList: {
            /** @description The oldest first. */
            calls: components["schemas"]["CallSnapshot"][];
        };
        /** @description Is how far a call has come. */
        CallProgress: {
            /** @description A number that does not fall. */
            progress: number;
            /** @description The number at which the call is done, or null. */
            total: number | null;
            /** @description For people, or null. */
            message: string | null;
        };
        /** @description Shows one call that has no outcome yet. */
        CallSnapshot: {
            /** @description Names it from its arrival to its end; where anybody records the call, the id of its record, as text. */
            id: string;
            /** @description The method's full name. */
            method: string;
            /** @description Whether it waits, or the plugin works on it. */
            state: components["schemas"]["CallState"];
            /** @description The process that works on it, or that it waits for; null while there is none. */
            pid: number | null;
            /** @description Who makes it: the id of a plugin, or what somebody from outside is called; null when nobody said. */
            caller: string | null;
            /** @description Whether the caller is a plugin. */
            is_plugin: boolean;
            /** @description When it was made, seconds since the epoch. */
            started_at: number;
            /** @description When its deadline passes, seconds since the epoch. */
            ends_at: number;
            /** @description Whether items go to and fro. */
            is_streaming: boolean;
            /** @description How far it has come, as the plugin says; null when it has said nothing, or nobody wanted to know. */
            progress: number | null;
            /** @description The progress at which it is done, or null. */
            total: number | null;
            /** @description What the plugin says about it, or null. */
            message: string | null;
        };
        /**
         * CallState
         * @description Says how far a call has got that has no outcome yet.
         * @enum {string}
         */
        CallState: "queued" | "running";
        /** @description Counts calls, since the host knows the plugin or between two moments. */
        CallStatistics: {
            /** @description Calls that have an outcome. */
            calls: number;
            /** @description Those of them that failed, whatever the reason; also those whose callers have gone. */
            errors: number;
            /** @description The time they took together. */
            total_seconds: number;
            /** @description Calls that were made and have no outcome yet. */
            in_flight: number;
            /** @description How many failed with which code: that of an error, `cancelled` or `internal`. */
            failures: {
                [key: string]: number;
            };
            /** @description How many took how long: a number for each of `LATENCY_BOUNDS`, of the calls that took up to as many seconds and more than the bound before, and one for those that took longer. Empty when nobody has counted. */
            latencies: number[];
        };
        /**
         * CallerKind
         * @description Says how somebody is known.
         * @enum {string}
         */
        CallerKind: "local" | "token" | "session" | "signal" | "watcher" | "nobody";
        /** @description Is a plugin that was looked at for a requirement. */
        Candidate: {
            /** @description Its id. */
            plugin: string;
            /** @description Of the interface, or of the plugin, that it has. */
            version: string;
            /** @description Whether it would do. */
            accepted: boolean;
            /** @description Why it was taken, would do as well, or will not do; for people. */
            text: string;
        };
        /** @description Is what a call has brought whose method sends a stream. */
        CollectedAnswer: {
            /** @description What the method has sent. */
            items: unknown[];
            /** @description Its answer at the end. */
            result: unknown;
        };
        /**
         * @description Holds configuration values of a plugin.
         * @example {
         *       "values": {
         *         "flush": "always"
         *       }
         *     }
         */
        ConfigBody: {
            /** @description What is laid over the manifest's configuration, whole; table by table it wins over the manifest's values. */
            values: {
                [key: string]: unknown;
            };
        };
        /** @description Says what a new reading of the host's configuration has changed. */
        ConfigChange: {
            /** @description Ids of plugins that are new. */
            loaded: string[];
            /** @description Ids of plugins that are there no more. */
            unloaded: string[];
            /** @description Ids of plugins that run with other settings now. */
            reloaded: string[];
            /** @description Ids of plugins that may run now. */
            enabled: string[];
            /** @description Ids of plugins that may not run any more. */
            disabled: string[];
            /** @description Dotted keys whose change needs a new start of the host. */
            pending: string[];
            /** @description Plugin id, or folder, to what went wrong with it. */
            failed: {
                [key: string]: string;
            };
        };
        /** @description Says what would become of a plugin's configuration. */
        ConfigCheck: {
            /** @description Whether the values fit the plugin's schema. */
            valid: boolean;
            /** @description What is wrong, at most five; the pointers lead into `effective`, or into what was sent for a mask that stands for nothing. */
            errors: components["schemas"]["Fault"][];
            /** @description What the plugin would be given; secrets are masked. */
            effective: {
                [key: string]: unknown;
            };
        };
        /** @description The host's configuration was read again; `change` says what that has changed. */
        ConfigReloaded: {
            /** @description `<run>-<sequence>`; it can be asked for later what came after it. */
            id: string;
            /** @description Counts the events of this run of the host, from 1. */
            sequence: number;
            /** @description Seconds since the epoch. */
            at: number;
            /**
             * @description Which kind of event it is. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            kind: "config-reloaded";
            change: components["schemas"]["ConfigChange"];
        };
        /** @description Is one requirement of one plugin and what became of it. */
        Dependency: {
            /** @description Id of the plugin that requires. */
            dependent: string;
            /** @description An interface or a plugin. */
            kind: components["schemas"]["DependencyKind"];
            /** @description The interface's name or the plugin's id. */
            name: string;
            /** @description The versions that will do, as the manifest writes them. */
            range: string;
            /** @description Whether the dependent starts without it, too. */
            optional: boolean;
            /** @description What happens to the dependent when the provider is lost. */
            on_loss: components["schemas"]["LossMode"];
            /** @description Id of the plugin that was picked; null when there is none, and for the interface `Host`, which the host itself offers. */
            provider: string | null;
            /** @description What the provider, or the host, has; null for a requirement that is not met. */
            version: string | null;
            /** @description All that were looked at, the one picked first, then those that would do, the best first, then the rest by id; nobody for `Host`. */
            candidates: components["schemas"]["Candidate"][];
        };
        /**
         * DependencyKind
         * @description Says what a plugin requires: an interface of whoever provides it, or one certain plugin.
         * @enum {string}
         */
        DependencyKind: "interface" | "plugin";
        /** @description Says why a plugin cannot be started as its requirements stand. */
        DependencyProblem: {
            /** @description `requirement-missing`, `requirement-conflict` or `dependency-cycle`. */
            code: string;
            /** @description What is wrong and what to do, with the chain; for people. */
            text: string;
            /** @description Ids of plugins from the one in question to the end of the trouble; a cycle ends where it began. One of more than 50 is cut in its middle, where it has a `…`. */
            chain: string[];
        };
        /** @description Says who could not run without a plugin. */
        Dependents: {
            /** @description The plugin's id. */
            plugin: string;
            /** @description Ids, in the order in which they would stop: those that need others before these. */
            dependents: string[];
        };
        /** @description Says what a version of an interface is compared with. */
        DiffBody: {
            /** @description The old version. */
            from: string;
            /** @description The new interface file, as JSON. */
            document: {
                [key: string]: unknown;
            };
        };
        /** @description Describes one error that a plugin may answer with. */
        ErrorSnapshot: {
            /** @description As it goes over the wire. */
            name: string;
            /** @description The gRPC status name of its class, e.g. `NOT_FOUND`. */
            code: string;
            /** @description For people; may be empty. */
            description: string;
            /** @description Whether the same call may succeed later. */
            retryable: boolean;
            /** @description JSON Schema of what comes along, or null when nothing is said about it. */
            data: {
                [key: string]: unknown;
            } | null;
        };
        /** @description Holds the events that are kept. */
        EventList: {
            /** @description Identifies this run of the host. */
            run: string;
            /** @description Sequence of the latest event. */
            last: number;
            /** @description What cannot be told any more, or null. */
            gap: components["schemas"]["EventsOfOtherRun"] | components["schemas"]["EventsGap"] | null;
            /** @description The oldest first. */
            events: components["schemas"]["RecordedEvent"][];
        };
        /** @description Says which events are not kept any more. */
        EventsGap: {
            /**
             * @description `missed`.
             * @constant
             */
            reason: "missed";
            /** @description Identifies this run of the host. */
            run: string;
            /** @description Sequence of the first event that is missing. */
            first: number;
            /** @description Sequence of the last one. */
            last: number;
        };
        /** @description Says that the events after an id cannot be told, because it is of another run of the host. */
        EventsOfOtherRun: {
            /**
             * @description `other-run`.
             * @constant
             */
            reason: "other-run";
            /** @description Identifies this run of the host. */
            run: string;
            /** @description The id that was asked for. */
            asked_for: string;
        };
        /** @description Shows how the latest processes of a plugin have ended, the latest first. */
        ExitList: {
            exits: components["schemas"]["ExitReport"][];
        };
        /** @description Says how one incarnation of a plugin ended. */
        ExitReport: {
            /** @description The plugin's id. */
            plugin: string;
            /** @description Index of the instance, from 0. */
            instance: number;
            /** @description Counts the starts of the instance, from 1. */
            incarnation: number;
            /** @description What its process id was. */
            pid: number;
            /** @description When the end was seen, seconds since the epoch. */
            at: number;
            /** @description Seconds from the spawn to the end. */
            uptime: number;
            /** @description The exit status, or null when a signal ended it. */
            exit_code: number | null;
            /** @description The signal's name, e.g. `SIGKILL`, or null. */
            signal: string | null;
            /** @description What the host made of it: crashed, hung, protocol violated, asked to stop, … */
            reason: components["schemas"]["Reason"];
            /** @description CPU time in user mode. */
            user_seconds: number;
            /** @description CPU time in the kernel. */
            system_seconds: number;
            /** @description The largest resident size; 0 when it is not known. */
            max_rss_bytes: number;
            /** @description Its last lines on stderr. */
            stderr: string[];
            /** @description Its last stray lines on stdout. */
            stray: string[];
            /** @description How many calls were cut off. */
            calls_in_flight: number;
            /** @description The sentence with which its runtime gave up, found among the lines on stderr, or null. */
            panic: string | null;
        };
        /** @description A hook implementation raised, was too slow or broke the hook's rules; the host went on without it. */
        ExtensionFailed: {
            /** @description `<run>-<sequence>`; it can be asked for later what came after it. */
            id: string;
            /** @description Counts the events of this run of the host, from 1. */
            sequence: number;
            /** @description Seconds since the epoch. */
            at: number;
            /**
             * @description Which kind of event it is. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            kind: "extension-failed";
            extension: string;
            hook: string;
            error: string;
            traceback: string;
        };
        /** @description Shows the extensions and the hooks. */
        ExtensionList: {
            /** @description In the order of their registration, built-in policies first. */
            extensions: components["schemas"]["ExtensionSnapshot"][];
            /** @description All hooks, with who implements them. */
            hooks: components["schemas"]["HookSnapshot"][];
        };
        /** @description Shows one extension. */
        ExtensionSnapshot: {
            /** @description What `--disable` takes. */
            name: string;
            /** @description `built-in`, `installed` or `loaded`. */
            origin: string;
            /** @description That of the package that brings it; of Polyhost for a built-in one, empty when unknown. */
            version: string;
            /** @description The first line of its docstring; may be empty. */
            description: string;
            /** @description The hooks that it implements. */
            hooks: string[];
            /** @description Whether it takes part; a disabled one implements nothing. */
            enabled: boolean;
            /** @description How often one of its hooks has failed. */
            failures: number;
            /** @description The latest of them, or null. */
            last_error: string | null;
        };
        /** @description Is one thing that is wrong with what was sent. */
        Fault: {
            /** @description A JSON pointer into it, as a fragment of an address: `#/params/key`. */
            pointer: string;
            /** @description What is wrong. */
            detail: string;
        };
        /** @description Shows how a plugin was over the last half hour: each list has one number a sample, the oldest first. */
        FigureHistory: {
            /** @description Its id. */
            plugin: string;
            /** @description Between two samples. */
            seconds: number;
            /** @description When each was taken, seconds since the epoch. */
            at: number[];
            /** @description Calls that had their outcome since the sample before. */
            calls_per_second: (number | null)[];
            /** @description Those of them that failed. */
            errors_per_second: (number | null)[];
            /** @description Milliseconds that half of them took at most; null when there were none. */
            p50_ms: (number | null)[];
            /** @description The same for 99 of 100. */
            p99_ms: (number | null)[];
            /** @description Calls that it worked on at that moment. */
            in_flight: (number | null)[];
            /** @description Resident memory of its processes; null when there was none. */
            rss_bytes: (number | null)[];
            /** @description Cores that they used; null when there was none. */
            cpu: (number | null)[];
        };
        /** @description Is one change between two versions of an interface. */
        Finding: {
            /** @description The stable id of the rule that judged it; `docs/reference/interface-files.md` explains each. */
            rule: string;
            /** @description What it means. */
            severity: components["schemas"]["Severity"];
            /** @description JSON pointer into the new file; into the old one for what was removed. */
            pointer: string;
            /** @description The change in words. */
            message: string;
        };
        /** @description Says whether the host is up. */
        Health: {
            /**
             * @description `ok`, or `stopping` from the moment the host stops.
             * @enum {string}
             */
            status: "ok" | "stopping";
            /** @description The version of Polyhost. */
            version: string;
            /** @description Identifies this run of the host; ids of events begin with it. */
            run: string;
            /** @description When the host was opened, seconds since the epoch. */
            started_at: number;
            /** @description Seconds since then. */
            uptime: number;
            /** @description State to the number of plugins in it. */
            plugins: {
                [key: string]: number;
            };
            /** @description The sequence of the latest event, 0 before the first. */
            last_event: number;
        };
        /** @description Shows one hook. */
        HookSnapshot: {
            /** @description The hook's name. */
            name: string;
            /** @description `provide`, `decide` or `on`. */
            kind: string;
            /** @description Names of the extensions that implement it, in calling order. */
            extensions: string[];
        };
        /** @description The host has discovered its plugins and begun to start them. */
        HostStarted: {
            /** @description `<run>-<sequence>`; it can be asked for later what came after it. */
            id: string;
            /** @description Counts the events of this run of the host, from 1. */
            sequence: number;
            /** @description Seconds since the epoch. */
            at: number;
            /**
             * @description Which kind of event it is. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            kind: "host-started";
            version: string;
            plugins: string[];
        };
        /** @description The host takes no new calls and begins to stop its plugins. */
        HostStopping: {
            /** @description `<run>-<sequence>`; it can be asked for later what came after it. */
            id: string;
            /** @description Counts the events of this run of the host, from 1. */
            sequence: number;
            /** @description Seconds since the epoch. */
            at: number;
            /**
             * @description Which kind of event it is. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            kind: "host-stopping";
            reason: components["schemas"]["Reason"];
        };
        /** @description Says what is in a plugin, and what would follow from loading it. Nothing of it has run. */
        Inspection: {
            /** @description The plugin's. */
            id: string;
            /** @description The plugin's. */
            version: string;
            /** @description The plugin's; may be empty. */
            description: string;
            /** @description How it would be talked to. */
            transport: string;
            /** @description The command that would run it: a program with its arguments, or the runtime and what it runs. */
            runs: string[];
            /** @description The command that would build it first, or null. */
            builds: string[] | null;
            /** @description Interface name to version. */
            provides: {
                [key: string]: string;
            };
            /** @description Interface name to the versions that will do. */
            requires_interfaces: {
                [key: string]: string;
            };
            /** @description Plugin id to the versions that will do. */
            requires_plugins: {
                [key: string]: string;
            };
            /** @description What it cannot do without and no plugin of the host has now, a sentence each. */
            unmet: string[];
            /** @description Names of variables of the host's environment that it would get beyond the usual ones. */
            variables: string[];
            /** @description `eager` or `on-demand`. */
            start: string;
            /** @description How many processes would run. */
            instances: number;
            /** @description Bytes of memory at which each of them would be ended; null for no limit. */
            memory: number | null;
            /** @description Where it is on the host's machine; null for an archive. */
            folder: string | null;
            /** @description How many files it has; null for a folder that is not verified. */
            files: number | null;
            /** @description How many bytes the files of an archive have; null for a folder. */
            bytes: number | null;
            /** @description Hash of the archive, in hexadecimal; null for a folder. */
            archive_sha256: string | null;
            /** @description `sha256:<hex>` of its files, as the lock file has it; null for a folder that is not verified. */
            digest: string | null;
            /** @description Name and id of the trusted key that has signed the archive, or null. */
            archive_signer: string | null;
            /** @description Whether somebody vouches for its files. */
            verification: components["schemas"]["Verification"];
            /** @description Whether the host would start it as far as that goes. */
            may_start: boolean;
            /** @description The version of the plugin of this id that the host has now, or null. */
            loaded_version: string | null;
        };
        /** @description Shows the instances of a plugin, those that finish their last calls at the end. */
        InstanceList: {
            instances: components["schemas"]["InstanceSnapshot"][];
        };
        /** @description A process of a plugin was replaced by a fresh one although it was well. */
        InstanceRecycled: {
            /** @description `<run>-<sequence>`; it can be asked for later what came after it. */
            id: string;
            /** @description Counts the events of this run of the host, from 1. */
            sequence: number;
            /** @description Seconds since the epoch. */
            at: number;
            /**
             * @description Which kind of event it is. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            kind: "instance-recycled";
            plugin: string;
            instance: number;
            reason: components["schemas"]["Reason"];
        };
        /** @description Shows one instance of a plugin. */
        InstanceSnapshot: {
            /** @description From 0. */
            index: number;
            /** @description Its state. */
            state: components["schemas"]["PluginState"];
            /** @description Why. */
            reason: components["schemas"]["Reason"];
            /** @description Of the living process, or null. */
            pid: number | null;
            /** @description How often it was started, 0 before the first start. */
            incarnation: number;
            /** @description When the living process was spawned, seconds since the epoch, or null. */
            started_at: number | null;
            /** @description Calls sent and not answered. */
            in_flight: number;
            /** @description Calls that wait in the host for their turn. */
            queued: number;
            /** @description Resident memory of the process and those it started, at the latest look, or null. */
            rss_bytes: number | null;
            /** @description Cores that they used between the latest two looks, or null. */
            cpu: number | null;
            /** @description CPU time that they have used since the process was started, at the latest look, or null. */
            cpu_seconds: number | null;
        };
        /** @description One instance of a plugin went from one state to another. */
        InstanceStateChanged: {
            /** @description `<run>-<sequence>`; it can be asked for later what came after it. */
            id: string;
            /** @description Counts the events of this run of the host, from 1. */
            sequence: number;
            /** @description Seconds since the epoch. */
            at: number;
            /**
             * @description Which kind of event it is. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            kind: "instance-state-changed";
            plugin: string;
            instance: number;
            old: components["schemas"]["PluginState"];
            new: components["schemas"]["PluginState"];
            reason: components["schemas"]["Reason"];
            pid: number | null;
        };
        /** @description Says what differs between two versions of an interface. */
        InterfaceDiff: {
            /** @description The interface. */
            name: string;
            /** @description The old version. */
            from: string;
            /** @description The new version. */
            to: string;
            /** @description Each change, breaks first. */
            findings: components["schemas"]["Finding"][];
        };
        /** @description Lists interfaces by name, the highest version first. */
        InterfaceList: {
            interfaces: components["schemas"]["InterfaceSummary"][];
        };
        /** @description Shows one plugin that has an interface. */
        InterfaceProvider: {
            /** @description The plugin's id. */
            plugin: string;
            /** @description Its state. */
            state: components["schemas"]["PluginState"];
            /** @description Whether it describes the interface otherwise than the picture shows it, under the same name and version. */
            differs: boolean;
        };
        /** @description Shows one plugin that an interface would do for. */
        InterfaceRequirer: {
            /** @description The plugin's id. */
            plugin: string;
            /** @description The versions that will do, as its manifest writes them. */
            range: string;
            /** @description Whether it starts without it, too. */
            optional: boolean;
            /** @description Id of the plugin that was picked for it, which may have another version; null when nobody was. */
            provider: string | null;
            /** @description What that plugin has, or null. */
            version: string | null;
        };
        /** @description Shows one version of an interface, as the first of its providers describes it: files first, then by id. */
        InterfaceSnapshot: {
            /** @description What plugins provide and callers ask for. */
            name: string;
            /** @description `MAJOR.MINOR`. */
            version: string;
            /** @description For people; may be empty. */
            description: string;
            /** @description Further names that its methods can be called by. */
            aliases: string[];
            /** @description The plugins that have it, by id, whether they run or not. */
            providers: components["schemas"]["InterfaceProvider"][];
            /** @description The plugins whose range has this version in it, by id. */
            requirers: components["schemas"]["InterfaceRequirer"][];
            /** @description What can be called; empty where nothing describes it. */
            methods: components["schemas"]["MethodSnapshot"][];
            /** @description By name. */
            errors: {
                [key: string]: components["schemas"]["ErrorSnapshot"];
            };
            /** @description The interface file as JSON, without what came after this version; null where only a manifest or a hello names the interface. */
            document: {
                [key: string]: unknown;
            } | null;
            /** @description Path of the file, `described by the plugin`, or empty. */
            source: string;
        };
        /** @description Shows of an interface what the list has. */
        InterfaceSummary: {
            /** @description What plugins provide and callers ask for. */
            name: string;
            /** @description `MAJOR.MINOR`. */
            version: string;
            /** @description For people; may be empty. */
            description: string;
            /** @description Further names that its methods can be called by. */
            aliases: string[];
            /** @description The plugins that have it, by id, whether they run or not. */
            providers: components["schemas"]["InterfaceProvider"][];
            /** @description The plugins whose range has this version in it, by id. */
            requirers: components["schemas"]["InterfaceRequirer"][];
            /** @description Path of the interface file, `described by the plugin`, or empty. */
            source: string;
            /** @description Full names of its methods. */
            method_names: string[];
        };
        /**
         * @description Names the folder of a plugin, or the address of an archive of one.
         * @example {
         *       "path": "plugins/kv-python"
         *     }
         * @example {
         *       "url": "https://example.com/plugins/kv-python-1.4.0.tar.gz"
         *     }
         */
        LoadBody: {
            /** @description Of the folder, or of its `plugin.toml`; a relative one starts at the server's working directory. */
            path?: string | null;
            /** @description The address of an archive, below one that `sources.allow` of the configuration allows; in place of `path`. */
            url?: string | null;
            /** @description With `url`, the hash that the archive must have, in hexadecimal. */
            sha256?: string | null;
            /**
             * @description Whether it takes the place of a plugin of the same id, if there is one, without a call being lost.
             * @default false
             */
            replace: boolean;
            /**
             * @description With `replace`, also when the new version breaks what others use.
             * @default false
             */
            force: boolean;
        } & ({
            sha256?: null;
            url?: null;
        } | {
            path?: null;
        });
        /** @description Is one line in the log of a plugin. */
        LogLine: {
            /** @description Counts the lines of this plugin, from 1, without gaps. */
            sequence: number;
            /** @description Seconds since the epoch. */
            at: number;
            /** @description The plugin's id. */
            plugin: string;
            /** @description Index of the instance. */
            instance: number;
            /** @description Which way it came. */
            source: components["schemas"]["LogSource"];
            /** @description Trace, debug, info, warn, error or fatal. */
            level: string;
            /** @description The text; over-long lines are cut. */
            message: string;
            /** @description The plugin's logger, if it named one. */
            logger: string | null;
            /** @description Further key and value pairs. */
            fields: {
                [key: string]: unknown;
            };
        };
        /** @description Holds lines of a plugin's log, the oldest first. */
        LogLines: {
            lines: components["schemas"]["LogLine"][];
        };
        /**
         * LogSource
         * @description Says which way a log line came from the plugin.
         * @enum {string}
         */
        LogSource: "log" | "stderr" | "stdout-stray" | "host";
        /**
         * LossMode
         * @description Says what happens to a plugin when one that it requires ends, or is stopped, while it runs.
         * @enum {string}
         */
        LossMode: "restart" | "degrade" | "ignore";
        /** @description Shows a plugin's manifest. */
        ManifestView: {
            /** @description Absolute path of the `plugin.toml`. */
            file: string;
            /** @description What stands in it now. */
            text: string;
            /** @description Dotted key of each table and key to its line, from 1. */
            lines: {
                [key: string]: number;
            };
            /** @description What the host has made of it, with defaults and with the host's configuration laid over it; null for a plugin whose manifest could not be used. Secrets of the configuration, and the values of variables, are masked. */
            effective: {
                [key: string]: unknown;
            } | null;
        };
        /** @description Holds recorded messages, the latest first. */
        MessageList: {
            /** @description The messages. */
            messages: components["schemas"]["RecordedMessage"][];
            /** @description `before` of the next page, or null. */
            next: number | null;
        };
        /** @description Describes one callable method. */
        MethodSnapshot: {
            /** @description `Interface.Method`. */
            name: string;
            /** @description For people; may be empty. */
            description: string;
            /** @description JSON Schema of the params. */
            params: {
                [key: string]: unknown;
            };
            /** @description JSON Schema of the result. */
            result: {
                [key: string]: unknown;
            };
            /** @description JSON Schema of the items the caller sends, or null. */
            stream_in: {
                [key: string]: unknown;
            } | null;
            /** @description JSON Schema of the items the plugin sends, or null. */
            stream_out: {
                [key: string]: unknown;
            } | null;
            /** @description Whether calling twice is like calling once. */
            idempotent: boolean;
            /** @description Whether it changes nothing. */
            read_only: boolean;
            /** @description Its own default deadline, or null. */
            timeout_ms: number | null;
            /** @description A text that says what to use instead, or null. */
            deprecated: string | null;
        };
        /** @description Is what extensions add to the console's navigation. */
        Navigation: {
            /** @description In calling order of the extensions. */
            entries: components["schemas"]["ShownEntry"][];
        };
        /** @description Is a token that was just made. */
        NewToken: {
            /** @description Names it. */
            id: string;
            /** @description What people call it. */
            name: string;
            /** @description How far its holder may go. */
            scope: components["schemas"]["Scope"];
            /** @description When it was made. */
            created_at: number;
            /** @description Who made it. */
            created_by: string;
            /** @description Until when it is good; null for no end. */
            expires_at: number | null;
            /** @description When it was used last; null for never. */
            used_at: number | null;
            /** @description Its text, for `Authorization: Bearer`; it is shown this once. */
            token: string;
        };
        /**
         * Outcome
         * @description Says how a change ended.
         * @enum {string}
         */
        Outcome: "done" | "failed" | "refused";
        /** @description Is an entry of the lock file. */
        PinnedPlugin: {
            /** @description Id of the plugin, which the host need not have. */
            plugin: string;
            /** @description What its manifest said. */
            version: string;
            /** @description `sha256:<hex>` of its files. */
            digest: string;
            /** @description How many files it has. */
            files: number;
        };
        /** @description Shows the calls of a plugin by method. */
        PluginCalls: {
            /** @description Its id. */
            plugin: string;
            /** @description Seconds up to which calls are counted together in `latencies`. */
            bounds: number[];
            /** @description All calls together. */
            total: components["schemas"]["CallFigures"];
            /** @description By full name; `(undescribed)` has those of methods that nothing describes. */
            methods: {
                [key: string]: components["schemas"]["CallFigures"];
            };
        };
        /** @description Shows how a plugin is configured; secrets are masked. */
        PluginConfig: {
            /** @description The plugin's id. */
            plugin: string;
            /** @description JSON Schema that the merged values must satisfy, or null; what it calls `x-secret` is masked. */
            schema: {
                [key: string]: unknown;
            } | null;
            /** @description What the plugin's author has set. */
            manifest: {
                [key: string]: unknown;
            };
            /** @description What the host's configuration lays over it. */
            host: {
                [key: string]: unknown;
            };
            /** @description What operators have laid over both, or null for nothing. */
            overrides: {
                [key: string]: unknown;
            } | null;
            /** @description What the plugin has been given, or will be by its next start. */
            effective: {
                [key: string]: unknown;
            };
            /** @description The text that stands for each secret. */
            mask: string;
        };
        /** @description A folder with a readable manifest was found or loaded. */
        PluginDiscovered: {
            /** @description `<run>-<sequence>`; it can be asked for later what came after it. */
            id: string;
            /** @description Counts the events of this run of the host, from 1. */
            sequence: number;
            /** @description Seconds since the epoch. */
            at: number;
            /**
             * @description Which kind of event it is. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            kind: "plugin-discovered";
            plugin: string;
            version: string;
            folder: string;
        };
        /** @description A process of a plugin has ended, wanted or not. */
        PluginExited: {
            /** @description `<run>-<sequence>`; it can be asked for later what came after it. */
            id: string;
            /** @description Counts the events of this run of the host, from 1. */
            sequence: number;
            /** @description Seconds since the epoch. */
            at: number;
            /**
             * @description Which kind of event it is. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            kind: "plugin-exited";
            plugin: string;
            report: components["schemas"]["ExitReport"];
        };
        /** @description Is an error that a plugin has answered with. */
        PluginFault: {
            /** @description A gRPC code 1 to 16, or one of the protocol's own. */
            status: number;
            /** @description The gRPC name of the code, or null. */
            status_name: string | null;
            /** @description The error's name in the interface file; may be empty. */
            name: string | null;
            /** @description For people. */
            message: string;
            /** @description What comes along, or null. */
            data: unknown;
            /** @description Whether the same call may succeed later; null when nobody said. */
            retryable: boolean | null;
        };
        /** @description Lists plugins, sorted by id. */
        PluginList: {
            plugins: components["schemas"]["PluginSummary"][];
        };
        /** @description A plugin cannot be started as it is; `reason` says what to mend. */
        PluginRefused: {
            /** @description `<run>-<sequence>`; it can be asked for later what came after it. */
            id: string;
            /** @description Counts the events of this run of the host, from 1. */
            sequence: number;
            /** @description Seconds since the epoch. */
            at: number;
            /**
             * @description Which kind of event it is. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            kind: "plugin-refused";
            plugin: string;
            folder: string;
            reason: components["schemas"]["Reason"];
        };
        /** @description A new version of a plugin may not, or cannot, take over; the old one serves on. */
        PluginReloadFailed: {
            /** @description `<run>-<sequence>`; it can be asked for later what came after it. */
            id: string;
            /** @description Counts the events of this run of the host, from 1. */
            sequence: number;
            /** @description Seconds since the epoch. */
            at: number;
            /**
             * @description Which kind of event it is. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            kind: "plugin-reload-failed";
            plugin: string;
            version: string;
            trigger: string;
            reason: components["schemas"]["Reason"];
        };
        /** @description A new version of a plugin, or the same one anew, has taken over; the old one finishes its calls and ends. */
        PluginReloaded: {
            /** @description `<run>-<sequence>`; it can be asked for later what came after it. */
            id: string;
            /** @description Counts the events of this run of the host, from 1. */
            sequence: number;
            /** @description Seconds since the epoch. */
            at: number;
            /**
             * @description Which kind of event it is. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            kind: "plugin-reloaded";
            plugin: string;
            old_version: string;
            version: string;
            trigger: string;
            findings: string[];
        };
        /** @description Shows one plugin: what it is, how it is, and why. */
        PluginSnapshot: {
            /** @description The manifest's id; the folder's name when the manifest could not be read. */
            id: string;
            /** @description The manifest's version; empty when it could not be read. */
            version: string;
            /** @description The manifest's description. */
            description: string;
            /** @description Absolute path of its folder. */
            folder: string;
            /** @description How it is talked to: `stdio`, … */
            transport: string;
            /** @description The state of its best instance. */
            state: components["schemas"]["PluginState"];
            /** @description Why; for what was refused, what is wrong and what to do. */
            reason: components["schemas"]["Reason"];
            /** @description `msgpack` or `json` once it said hello, else null. */
            encoding: string | null;
            /** @description Of its first living instance, or null. */
            pid: number | null;
            /** @description All of them. */
            instances: components["schemas"]["InstanceSnapshot"][];
            /** @description Interface name to version. */
            provides: {
                [key: string]: string;
            };
            /** @description Interface name to version range. */
            requires: {
                [key: string]: string;
            };
            /** @description `eager` or `on-demand`. */
            start: string;
            /** @description `running`, `stopped` or `disabled`: what was asked for, whatever it is now. */
            wanted: string;
            /** @description Ids of the plugins that its start waits for. */
            waiting_for: string[];
            /** @description When a call was made last, seconds since the epoch, or null. */
            last_call_at: number | null;
            /** @description What can be called; empty until it is known. */
            methods: components["schemas"]["MethodSnapshot"][];
            /** @description Starts beyond the first one of each instance. */
            restarts: number;
            /** @description Its calls. */
            statistics: components["schemas"]["CallStatistics"];
            /** @description How an incarnation ended last, or null. */
            last_exit: components["schemas"]["ExitReport"] | null;
            /** @description Whether its files are those that somebody has vouched for; null before its first start. */
            verification: components["schemas"]["Verification"] | null;
        };
        /**
         * PluginState
         * @description Names the states of a plugin and of each of its instances.
         * @enum {string}
         */
        PluginState: "disabled" | "waiting" | "starting" | "ready" | "degraded" | "draining" | "stopping" | "backing-off" | "stopped" | "failed";
        /** @description A plugin as a whole went from one state to another. */
        PluginStateChanged: {
            /** @description `<run>-<sequence>`; it can be asked for later what came after it. */
            id: string;
            /** @description Counts the events of this run of the host, from 1. */
            sequence: number;
            /** @description Seconds since the epoch. */
            at: number;
            /**
             * @description Which kind of event it is. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            kind: "plugin-state-changed";
            plugin: string;
            old: components["schemas"]["PluginState"];
            new: components["schemas"]["PluginState"];
            reason: components["schemas"]["Reason"];
        };
        /** @description Shows of a plugin what the list has; `info` shows everything. */
        PluginSummary: {
            /** @description The manifest's id; the folder's name when the manifest could not be read. */
            id: string;
            /** @description The manifest's version; empty when it could not be read. */
            version: string;
            /** @description The manifest's description. */
            description: string;
            /** @description The state of its best instance. */
            state: components["schemas"]["PluginState"];
            /** @description Why; for what was refused, what is wrong and what to do. */
            reason: components["schemas"]["Reason"];
            /** @description Of its first living instance, or null. */
            pid: number | null;
            /** @description How it is talked to: `stdio`, … */
            transport: string;
            /** @description `msgpack` or `json` once it said hello, else null. */
            encoding: string | null;
            /** @description Interface name to version. */
            provides: {
                [key: string]: string;
            };
            /** @description `eager` or `on-demand`. */
            start: string;
            /** @description `running`, `stopped` or `disabled`: what was asked for, whatever it is now. */
            wanted: string;
            /** @description Ids of the plugins that its start waits for. */
            waiting_for: string[];
            /** @description Starts beyond the first one of each instance. */
            restarts: number;
            /** @description Its calls. */
            statistics: components["schemas"]["CallStatistics"];
        };
        /** @description A plugin was stopped and forgotten. */
        PluginUnloaded: {
            /** @description `<run>-<sequence>`; it can be asked for later what came after it. */
            id: string;
            /** @description Counts the events of this run of the host, from 1. */
            sequence: number;
            /** @description Seconds since the epoch. */
            at: number;
            /**
             * @description Which kind of event it is. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            kind: "plugin-unloaded";
            plugin: string;
        };
        /** @description Nobody has vouched for the files of a plugin; `refused` says whether that keeps it from being started. */
        PluginUnverified: {
            /** @description `<run>-<sequence>`; it can be asked for later what came after it. */
            id: string;
            /** @description Counts the events of this run of the host, from 1. */
            sequence: number;
            /** @description Seconds since the epoch. */
            at: number;
            /**
             * @description Which kind of event it is. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            kind: "plugin-unverified";
            plugin: string;
            version: string;
            refused: boolean;
            verification: components["schemas"]["Verification"];
        };
        /** @description Somebody asked for a plugin to run, to be stopped, or to be disabled. */
        PluginWantedChanged: {
            /** @description `<run>-<sequence>`; it can be asked for later what came after it. */
            id: string;
            /** @description Counts the events of this run of the host, from 1. */
            sequence: number;
            /** @description Seconds since the epoch. */
            at: number;
            /**
             * @description Which kind of event it is. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            kind: "plugin-wanted-changed";
            plugin: string;
            wanted: string;
        };
        /** @description Is the body of every error, as RFC 9457 has it; what is not known is left out. */
        ProblemBody: {
            /** @description A URN that ends with the code. */
            type: string;
            /** @description What kind of problem it is, for people. */
            title: string;
            /** @description The HTTP status. */
            status: number;
            /** @description Stable; rely on it, not on the texts. */
            code: string;
            /** @description What happened here, for people. */
            detail: string;
            /** @description Where the fault is: a file with its line or key, or a JSON pointer. */
            location?: string;
            /** @description What to do about it. */
            hint?: string;
            /** @description Further facts. */
            details?: unknown;
            /** @description Each fault of a body or query. */
            errors?: components["schemas"]["Fault"][];
            /** @description What a plugin has answered with. */
            error?: components["schemas"]["PluginFault"];
        };
        /** @description Says why a state is what it is. */
        Reason: {
            /** @description Stable and kebab-case, for programs. */
            code: string;
            /** @description One sentence for people. */
            text: string;
            /** @description When it ends by itself, such as at the next start, seconds since the epoch; null where that is not known. */
            until: number | null;
        };
        /** @description Is what a call or a message carried. */
        RecordedBody: {
            /** @description Binary data stands as `{"$bytes": "<base64>"}`, a secret as `{"$secret": true}`. */
            value: unknown;
            /** @description Whether all of it is there; else long texts and lists are cut. */
            whole: boolean;
            /** @description Whether secrets were taken out. */
            redacted: boolean;
        };
        /** @description Is one recorded call; `params` and `result` are there when bodies were asked for. */
        RecordedCall: {
            /** @description Unique, and higher for calls that were made later. */
            id: number;
            /** @description Id of the call that its caller was serving when it made this one, or null. */
            parent: number | null;
            /** @description The plugin that was called; that called, when the direction is `to-host`. */
            plugin: string;
            /** @description Full name of the method. */
            method: string;
            /**
             * @description `to-plugin`, or `to-host` for what a plugin asked of the host itself.
             * @enum {string}
             */
            direction: "to-plugin" | "to-host";
            /** @description Id of the plugin that made it, or null for one from outside. */
            caller: string | null;
            /** @description Index of the instance that was called; null when it did not get that far. */
            instance: number | null;
            /** @description Its process, or null. */
            pid: number | null;
            /** @description Seconds since the epoch. */
            started_at: number;
            /** @description Seconds. */
            duration: number;
            /** @description `ok`, `cancelled`, or the code of its error. */
            outcome: string;
            /** @description What went wrong, for people, or null. */
            error: string | null;
            /** @description On the wire, of the request and of the items that the caller sent. */
            request_bytes: number;
            /** @description The same of the answer and of the items that the caller got. */
            response_bytes: number;
            /** @description Items that the caller sent. */
            items_in: number;
            /** @description Items that the caller got. */
            items_out: number;
            /** @description Whether items went to and fro. */
            is_streaming: boolean;
            /** @description What was sent; null when it was not recorded. */
            params?: components["schemas"]["RecordedBody"] | null;
            /** @description What came; null when it was not recorded, or the call has failed. */
            result?: components["schemas"]["RecordedBody"] | null;
        };
        /** @description Is an event with its id, its place in the sequence and its time; `kind` says which members it has. */
        RecordedEvent: components["schemas"]["ConfigReloaded"] | components["schemas"]["ExtensionFailed"] | components["schemas"]["HostStarted"] | components["schemas"]["HostStopping"] | components["schemas"]["InstanceRecycled"] | components["schemas"]["InstanceStateChanged"] | components["schemas"]["PluginDiscovered"] | components["schemas"]["PluginExited"] | components["schemas"]["PluginRefused"] | components["schemas"]["PluginReloadFailed"] | components["schemas"]["PluginReloaded"] | components["schemas"]["PluginStateChanged"] | components["schemas"]["PluginUnloaded"] | components["schemas"]["PluginUnverified"] | components["schemas"]["PluginWantedChanged"];
        /** @description Is one recorded message; `body` is there when bodies were asked for. */
        RecordedMessage: {
            /** @description Unique among messages, and rising. */
            id: number;
            /** @description Seconds since the epoch. */
            at: number;
            /** @description The plugin's id. */
            plugin: string;
            /** @description Index of its instance. */
            instance: number;
            /** @description Its process. */
            pid: number;
            /**
             * @description `to-plugin` or `to-host`.
             * @enum {string}
             */
            direction: "to-plugin" | "to-host";
            /** @description `request`, `response`, `data`, `end`, `credit`, `cancel`, `progress`, `log`, `hello` or `notification`. */
            kind: string;
            /** @description What the connection calls the call that it belongs to, or null. */
            wire_id: number | null;
            /** @description Of that call, or null. */
            method: string | null;
            /** @description Bytes on the wire. */
            size: number;
            /** @description Id of the recorded call that it belongs to, or null. */
            call: number | null;
            /** @description Whether it answers a call with an error. */
            is_error: boolean;
            /** @description What it carried; null when it was not recorded. */
            body?: components["schemas"]["RecordedBody"] | null;
        };
        /** @description Says how to reload a plugin. */
        ReloadBody: {
            /**
             * @description Whether a new version is taken also when it breaks what others use.
             * @default false
             */
            force: boolean;
        };
        /** @description Says how to make a call again. */
        ReplayBody: {
            /** @description The deadline, milliseconds from now; by default that of the method, the plugin or the host. */
            timeout_ms?: number | null;
        };
        /**
         * Scope
         * @description Says how far somebody may go; each scope includes those before it.
         * @enum {string}
         */
        Scope: "viewer" | "operator" | "admin";
        /** @description Says who sends a request. */
        SessionInfo: {
            /** @description What the audit trail calls them. */
            name: string;
            /** @description How far they may go; null for nobody. */
            scope: components["schemas"]["Scope"] | null;
            /** @description `local`, `token`, `session` or `nobody`. */
            kind: components["schemas"]["CallerKind"];
            /** @description Whether they have to sign in before they may do anything. */
            sign_in_needed: boolean;
            /** @description When the token or session ends at the latest, seconds since the epoch; null for no end. */
            expires_at: number | null;
        };
        /**
         * Severity
         * @description Says what a change means for those who know the old version.
         * @enum {string}
         */
        Severity: "break" | "warn" | "ok";
        /** @description Is an entry of the console's navigation that an extension has added. */
        ShownEntry: {
            /** @description Whose it is. */
            extension: string;
            /** @description What is shown. */
            title: string;
            /** @description What it leads to: a route of the extension. */
            path: string;
        };
        /** @description Holds a token, or the one-time code of a sign-in link. */
        SignInBody: {
            token: string;
        };
        /** @description Says what token to make. */
        TokenBody: {
            /** @description What people call it; unique among those that are good. */
            name: string;
            /**
             * @description How far its holder may go.
             * @enum {string}
             */
            scope: "viewer" | "operator" | "admin";
            /**
             * @description Seconds that it is good for; null for no end.
             * @default 7776000
             */
            expires_in: number | null;
        };
        /** @description Is an access token without its secret; all times are seconds since the epoch. */
        TokenInfo: {
            /** @description Names it. */
            id: string;
            /** @description What people call it. */
            name: string;
            /** @description How far its holder may go. */
            scope: components["schemas"]["Scope"];
            /** @description When it was made. */
            created_at: number;
            /** @description Who made it. */
            created_by: string;
            /** @description Until when it is good; null for no end. */
            expires_at: number | null;
            /** @description When it was used last; null for never. */
            used_at: number | null;
        };
        /** @description Lists tokens. */
        TokenList: {
            /** @description Sorted by name. */
            tokens: components["schemas"]["TokenInfo"][];
        };
        /** @description Shows who requires whom. */
        Topology: {
            /** @description Ids of plugins that start together; each requires only plugins of earlier waves. */
            waves: string[][];
            /** @description All of them, by id. */
            plugins: components["schemas"]["TopologyPlugin"][];
            /** @description All requirements of all plugins. */
            dependencies: components["schemas"]["Dependency"][];
            /** @description Plugin id to why it cannot start. */
            problems: {
                [key: string]: components["schemas"]["DependencyProblem"];
            };
        };
        /** @description Is one plugin among those that depend on each other. */
        TopologyPlugin: {
            /** @description The plugin's id. */
            id: string;
            /** @description Its version. */
            version: string;
            /** @description The state of its best instance. */
            state: components["schemas"]["PluginState"];
            /** @description Why. */
            reason: components["schemas"]["Reason"];
            /** @description `eager` or `on-demand`. */
            start: string;
            /** @description `running`, `stopped` or `disabled`. */
            wanted: string;
            /** @description The wave it starts in, from 0; null for one that cannot start. */
            wave: number | null;
            /** @description Ids of the plugins that its start waits for. */
            waiting_for: string[];
        };
        /** @description Says that a slow reader has missed entries of a live feed; the log has them. */
        TrafficGap: {
            /** @description How many. */
            count: number;
        };
        /** @description Holds recorded calls, the latest first. */
        TrafficList: {
            /** @description The calls. */
            calls: components["schemas"]["RecordedCall"][];
            /** @description `before` of the next page, or null. */
            next: number | null;
            /** @description How the log does. */
            statistics: components["schemas"]["TrafficStatistics"];
        };
        /** @description Says what is recorded of a plugin. */
        TrafficSettings: {
            /** @description Each call, with its outcome. */
            calls: boolean;
            /** @description Each message both ways. */
            messages: boolean;
            /** @description What calls and messages carry, too. */
            bodies: boolean;
        };
        /**
         * @description Says what is recorded of a plugin from now on, until it is unloaded.
         * @example {
         *       "bodies": false,
         *       "calls": true,
         *       "messages": true
         *     }
         */
        TrafficSettingsBody: {
            /** @description Each call, with its outcome. */
            calls: boolean;
            /** @description Each message both ways. */
            messages: boolean;
            /** @description What calls and messages carry, too. */
            bodies: boolean;
        };
        /** @description Says how the log does. */
        TrafficStatistics: {
            /** @description Calls and messages that are on the disk, since the host was started. */
            written: number;
            /** @description Those that wait to be written. */
            queued: number;
            /** @description Those that were never written: the queue was full, or the disk failed to the end. */
            dropped: number;
            /** @description Those that were deleted for their age, or for the room that all of them take. */
            pruned: number;
            /** @description What the log takes on the disk. */
            bytes: number;
            /** @description When the oldest kept call was made, seconds since the epoch; null when there is none. */
            oldest: number | null;
            /** @description Why nothing can be written now, for people; null while all is well. */
            trouble: string | null;
        };
        /** @description Is a key whose signatures are trusted. */
        TrustedKeyEntry: {
            /** @description What it is called. */
            name: string;
            /** @description 16 hexadecimal digits. */
            id: string;
        };
        /** @description Says what was unloaded. */
        Unloaded: {
            /** @description Ids in the order in which they were unloaded. */
            unloaded: string[];
        };
        /** @description Says whether a plugin's files are those that somebody has vouched for, as of the latest look, which each start begins with. */
        Verification: {
            /** @description `off`, `warn` or `enforce`: what follows. */
            mode: string;
            /** @description `off`; `verified`; `unlocked`: nobody has pinned or signed them; `changed`: they are not those that were pinned or signed; `unsigned`: the signature that is asked for is not there or cannot be used; `untrusted`: it is by a key that is not trusted; `refused`: the folder, the lock file or the keys cannot be used. */
            outcome: components["schemas"]["VerificationOutcome"];
            /** @description One sentence: why, and what to do about it. */
            detail: string;
            /** @description `sha256:<hex>` of the files that were found, or null. */
            digest: string | null;
            /** @description Name and id of the trusted key that has signed them, or null. */
            signer: string | null;
            /** @description When that was found out, seconds since the epoch. */
            at: number;
        };
        /**
         * VerificationOutcome
         * @description Says what came of comparing a plugin's files with what somebody has vouched for.
         * @enum {string}
         */
        VerificationOutcome: "off" | "verified" | "unlocked" | "changed" | "unsigned" | "untrusted" | "refused";
        /** @description Says whose word the host takes for the files of plugins, and what came of it. */
        VerificationOverview: {
            /** @description `off`, `warn` or `enforce`. */
            mode: string;
            /** @description `any`, `lock`, `signature` or `both`: what it takes. */
            require: string;
            /** @description Path of the lock file. */
            lock_file: string;
            /** @description Path of the folder of trusted keys. */
            keys_folder: string;
            /** @description What the addresses of archives must begin with that may be fetched. */
            allowed_sources: string[];
            /** @description The trusted keys, sorted by name. */
            keys: components["schemas"]["TrustedKeyEntry"][];
            /** @description The entries of the lock file, sorted by plugin. */
            pinned: components["schemas"]["PinnedPlugin"][];
            /** @description By plugin id, what came of the latest look at its files; null before its first start. */
            plugins: {
                [key: string]: components["schemas"]["Verification"] | null;
            };
            /** @description What is wrong with the lock file or the keys; while there is something, nothing is verified. */
            faults: string[];
        };
    };
    responses: {
        /** @description Too many wrong tokens (`attempts-exceeded`). */
        AttemptsExceeded: {
            headers: {
                /** @description Seconds to wait. */
                "Retry-After"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemBody"] & {
                    /** @constant */
                    status?: 429;
                    /** @enum {unknown} */
                    code?: "attempts-exceeded";
                };
            };
        };
        /** @description The body does not fit the route (`body-invalid`). */
        BodyInvalid: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemBody"] & {
                    /** @constant */
                    status?: 422;
                    /** @enum {unknown} */
                    code?: "body-invalid";
                };
            };
        };
        /** @description The body is too large (`body-too-large`). */
        BodyTooLarge: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemBody"] & {
                    /** @constant */
                    status?: 413;
                    /** @enum {unknown} */
                    code?: "body-too-large";
                };
            };
        };
        /** @description The plugins call each other in a circle (`call-cycle`). */
        CallCycle: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemBody"] & {
                    /** @constant */
                    status?: 508;
                    /** @enum {unknown} */
                    code?: "call-cycle";
                };
            };
        };
        /** @description The plugin did not answer in time (`call-timed-out`). */
        CallTimedOut: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemBody"] & {
                    /** @constant */
                    status?: 504;
                    /** @enum {unknown} */
                    code?: "call-timed-out";
                };
            };
        };
        /** @description What the plugin requires is not there (`dependency-unmet`). */
        DependencyUnmet: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemBody"] & {
                    /** @constant */
                    status?: 409;
                    /** @enum {unknown} */
                    code?: "dependency-unmet";
                };
            };
        };
        /** @description The request's head is too large (`head-too-large`). */
        HeadTooLarge: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemBody"] & {
                    /** @constant */
                    status?: 431;
                    /** @enum {unknown} */
                    code?: "head-too-large";
                };
            };
        };
        /** @description The host is stopping (`host-closed`). */
        HostClosed: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemBody"] & {
                    /** @constant */
                    status?: 503;
                    /** @enum {unknown} */
                    code?: "host-closed";
                };
            };
        };
        /** @description The Host header is not one of this server (`host-refused`). */
        HostRefused: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemBody"] & {
                    /** @constant */
                    status?: 421;
                    /** @enum {unknown} */
                    code?: "host-refused";
                };
            };
        };
        /** @description The version of HTTP is not supported (`http-version-unsupported`). */
        HttpVersionUnsupported: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemBody"] & {
                    /** @constant */
                    status?: 505;
                    /** @enum {unknown} */
                    code?: "http-version-unsupported";
                };
            };
        };
        /** @description Internal error (`internal`). */
        Internal: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemBody"] & {
                    /** @constant */
                    status?: 500;
                    /** @enum {unknown} */
                    code?: "internal";
                };
            };
        };
        /** @description There are too many live websockets (`live-full`). */
        LiveFull: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemBody"] & {
                    /** @constant */
                    status?: 503;
                    /** @enum {unknown} */
                    code?: "live-full";
                };
            };
        };
        /** @description The manifest is wrong (`manifest-invalid`). */
        ManifestInvalid: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemBody"] & {
                    /** @constant */
                    status?: 422;
                    /** @enum {unknown} */
                    code?: "manifest-invalid";
                };
            };
        };
        /** @description The media type is not supported (`media-type-unsupported`). */
        MediaTypeUnsupported: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemBody"] & {
                    /** @constant */
                    status?: 415;
                    /** @enum {unknown} */
                    code?: "media-type-unsupported";
                };
            };
        };
        /** @description Requests from this origin are refused (`origin-refused`). */
        OriginRefused: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemBody"] & {
                    /** @constant */
                    status?: 403;
                    /** @enum {unknown} */
                    code?: "origin-refused";
                };
            };
        };
        /** @description No such plugin (`plugin-not-found`). */
        PluginNotFound: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemBody"] & {
                    /** @constant */
                    status?: 404;
                    /** @enum {unknown} */
                    code?: "plugin-not-found";
                };
            };
        };
        /** @description Other plugins require this one (`plugin-required`). */
        PluginRequired: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemBody"] & {
                    /** @constant */
                    status?: 409;
                    /** @enum {unknown} */
                    code?: "plugin-required";
                };
            };
        };
        /** @description The query does not fit the route (`query-invalid`). */
        QueryInvalid: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemBody"] & {
                    /** @constant */
                    status?: 422;
                    /** @enum {unknown} */
                    code?: "query-invalid";
                };
            };
        };
        /** @description The request cannot be understood (`request-invalid`). */
        RequestInvalid: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemBody"] & {
                    /** @constant */
                    status?: 400;
                    /** @enum {unknown} */
                    code?: "request-invalid";
                };
            };
        };
        /** @description The request took too long to arrive (`request-timed-out`). */
        RequestTimedOut: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemBody"] & {
                    /** @constant */
                    status?: 408;
                    /** @enum {unknown} */
                    code?: "request-timed-out";
                };
            };
        };
        /** @description What the host keeps cannot be read or written (`storage-failed`). */
        StorageFailed: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemBody"] & {
                    /** @constant */
                    status?: 507;
                    /** @enum {unknown} */
                    code?: "storage-failed";
                };
            };
        };
        /** @description The token cannot be made (`token-exists`). */
        TokenExists: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemBody"] & {
                    /** @constant */
                    status?: 409;
                    /** @enum {unknown} */
                    code?: "token-exists";
                };
            };
        };
        /** @description The token is no good (`token-invalid`). */
        TokenInvalid: {
            headers: {
                /** @description How to say who asks. */
                "WWW-Authenticate"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemBody"] & {
                    /** @constant */
                    status?: 401;
                    /** @enum {unknown} */
                    code?: "token-invalid";
                };
            };
        };
        /** @description The communication log cannot be read (`traffic-unavailable`). */
        TrafficUnavailable: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemBody"] & {
                    /** @constant */
                    status?: 503;
                    /** @enum {unknown} */
                    code?: "traffic-unavailable";
                };
            };
        };
        /** @description The transfer encoding is not supported (`transfer-encoding-unsupported`). */
        TransferEncodingUnsupported: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemBody"] & {
                    /** @constant */
                    status?: 501;
                    /** @enum {unknown} */
                    code?: "transfer-encoding-unsupported";
                };
            };
        };
        /** @description This path is for websockets (`upgrade-required`). */
        UpgradeRequired: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemBody"] & {
                    /** @constant */
                    status?: 426;
                    /** @enum {unknown} */
                    code?: "upgrade-required";
                };
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    showAbout: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What runs here. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["About"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            421: components["responses"]["HostRefused"];
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            500: components["responses"]["Internal"];
            501: components["responses"]["TransferEncodingUnsupported"];
            505: components["responses"]["HttpVersionUnsupported"];
        };
    };
    showAudit: {
        parameters: {
            query?: {
                /** @description How many, at most. */
                limit?: number;
                /** @description Only records with a smaller id. */
                before?: number;
                /** @description Only records of this time and later, seconds since the epoch. */
                since?: number;
                /** @description Only records of this time and earlier, seconds since the epoch. */
                until?: number;
                /** @description Only records of changes that ended like this. */
                outcome?: "done" | "failed" | "refused";
                /** @description Only records of this caller. */
                caller?: string;
                /** @description Only records of this operation. */
                operation?: string;
                /** @description Only records that have this in their target. */
                target?: string;
                /** @description Only records of callers from this address. */
                address?: string;
                /** @description Only the record of the call that has this id in the communication log. */
                call?: number;
                /** @description No calls that were made when false, nothing else when true. */
                calls?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Records, the newest first. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditPage"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            421: components["responses"]["HostRefused"];
            422: components["responses"]["QueryInvalid"];
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            500: components["responses"]["Internal"];
            501: components["responses"]["TransferEncodingUnsupported"];
            505: components["responses"]["HttpVersionUnsupported"];
            507: components["responses"]["StorageFailed"];
        };
    };
    showDocs: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page in HTML. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            400: components["responses"]["RequestInvalid"];
            401: components["responses"]["TokenInvalid"];
            403: components["responses"]["OriginRefused"];
            421: components["responses"]["HostRefused"];
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            500: components["responses"]["Internal"];
            501: components["responses"]["TransferEncodingUnsupported"];
            505: components["responses"]["HttpVersionUnsupported"];
        };
    };
    showEvents: {
        parameters: {
            query?: {
                /** @description The id `<run>-<sequence>` of the event after which to begin; else only new ones are sent. */
                after?: string;
                /** @description Only events of these plugins, by id, with commas in between. */
                plugin?: string;
                /** @description Only events of these kinds, with commas in between. */
                kind?: string;
                /** @description Only events that matter at least so much. */
                severity?: "info" | "warn" | "error";
            };
            header?: {
                /** @description After which event to begin, as a browser sends it; it wins over `after`. */
                "Last-Event-ID"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Events as they happen. Or: With `Accept: application/json`: those that are kept. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                    "application/json": components["schemas"]["EventList"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            421: components["responses"]["HostRefused"];
            422: components["responses"]["QueryInvalid"];
            /** @description Too many wrong tokens (`attempts-exceeded`). Too many streams are open (`streams-exceeded`). */
            429: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 429;
                        /** @enum {unknown} */
                        code?: "attempts-exceeded" | "streams-exceeded";
                    };
                };
            };
            431: components["responses"]["HeadTooLarge"];
            500: components["responses"]["Internal"];
            501: components["responses"]["TransferEncodingUnsupported"];
            505: components["responses"]["HttpVersionUnsupported"];
        };
    };
    listExtensions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The extensions and the hooks. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExtensionList"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            421: components["responses"]["HostRefused"];
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            500: components["responses"]["Internal"];
            501: components["responses"]["TransferEncodingUnsupported"];
            505: components["responses"]["HttpVersionUnsupported"];
        };
    };
    showHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The host runs. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            401: components["responses"]["TokenInvalid"];
            403: components["responses"]["OriginRefused"];
            421: components["responses"]["HostRefused"];
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            500: components["responses"]["Internal"];
            501: components["responses"]["TransferEncodingUnsupported"];
            /** @description The host stops. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            505: components["responses"]["HttpVersionUnsupported"];
        };
    };
    reloadHost: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What that has changed. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConfigChange"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            408: components["responses"]["RequestTimedOut"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            421: components["responses"]["HostRefused"];
            /** @description The body does not fit the route (`body-invalid`). The configuration is wrong (`config-invalid`). */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 422;
                        /** @enum {unknown} */
                        code?: "body-invalid" | "config-invalid";
                    };
                };
            };
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            500: components["responses"]["Internal"];
            501: components["responses"]["TransferEncodingUnsupported"];
            503: components["responses"]["HostClosed"];
            505: components["responses"]["HttpVersionUnsupported"];
            507: components["responses"]["StorageFailed"];
        };
    };
    listInterfaces: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The interfaces. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InterfaceList"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            421: components["responses"]["HostRefused"];
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            500: components["responses"]["Internal"];
            501: components["responses"]["TransferEncodingUnsupported"];
            505: components["responses"]["HttpVersionUnsupported"];
        };
    };
    compareInterfaceVersions: {
        parameters: {
            query: {
                /** @description The old version. */
                from: string;
                /** @description The new version. */
                to: string;
            };
            header?: never;
            path: {
                /** @description The name of an interface, or one of its further names; it may have dots. */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What differs. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InterfaceDiff"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            /** @description No such interface (`interface-not-found`). No such path (`route-not-found`). */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 404;
                        /** @enum {unknown} */
                        code?: "interface-not-found" | "route-not-found";
                    };
                };
            };
            421: components["responses"]["HostRefused"];
            /** @description The interface file is wrong (`interface-invalid`). The query does not fit the route (`query-invalid`). */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 422;
                        /** @enum {unknown} */
                        code?: "interface-invalid" | "query-invalid";
                    };
                };
            };
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            500: components["responses"]["Internal"];
            501: components["responses"]["TransferEncodingUnsupported"];
            505: components["responses"]["HttpVersionUnsupported"];
        };
    };
    compareInterfaceWithDocument: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The name of an interface, or one of its further names; it may have dots. */
                name: string;
            };
            cookie?: never;
        };
        /** @description At most 1 MiB. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["DiffBody"];
            };
        };
        responses: {
            /** @description What differs. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InterfaceDiff"];
                };
            };
            /** @description The body is no JSON (`json-invalid`). The request cannot be understood (`request-invalid`). */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 400;
                        /** @enum {unknown} */
                        code?: "json-invalid" | "request-invalid";
                    };
                };
            };
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            /** @description No such interface (`interface-not-found`). No such path (`route-not-found`). */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 404;
                        /** @enum {unknown} */
                        code?: "interface-not-found" | "route-not-found";
                    };
                };
            };
            408: components["responses"]["RequestTimedOut"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            421: components["responses"]["HostRefused"];
            /** @description The body does not fit the route (`body-invalid`). The interface file is wrong (`interface-invalid`). */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 422;
                        /** @enum {unknown} */
                        code?: "body-invalid" | "interface-invalid";
                    };
                };
            };
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            500: components["responses"]["Internal"];
            501: components["responses"]["TransferEncodingUnsupported"];
            503: components["responses"]["HostClosed"];
            505: components["responses"]["HttpVersionUnsupported"];
        };
    };
    showInterface: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The name of an interface, or one of its further names; it may have dots. */
                name: string;
                /** @description The version, `MAJOR.MINOR`. */
                version: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The interface. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InterfaceSnapshot"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            /** @description No such interface (`interface-not-found`). No such path (`route-not-found`). */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 404;
                        /** @enum {unknown} */
                        code?: "interface-not-found" | "route-not-found";
                    };
                };
            };
            421: components["responses"]["HostRefused"];
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            500: components["responses"]["Internal"];
            501: components["responses"]["TransferEncodingUnsupported"];
            505: components["responses"]["HttpVersionUnsupported"];
        };
    };
    openLive: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The websocket is open. */
            101: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["RequestInvalid"];
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            421: components["responses"]["HostRefused"];
            422: components["responses"]["QueryInvalid"];
            426: components["responses"]["UpgradeRequired"];
            /** @description Too many wrong tokens (`attempts-exceeded`). Too many streams are open (`streams-exceeded`). */
            429: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 429;
                        /** @enum {unknown} */
                        code?: "attempts-exceeded" | "streams-exceeded";
                    };
                };
            };
            431: components["responses"]["HeadTooLarge"];
            500: components["responses"]["Internal"];
            501: components["responses"]["TransferEncodingUnsupported"];
            503: components["responses"]["LiveFull"];
            505: components["responses"]["HttpVersionUnsupported"];
        };
    };
    listMessages: {
        parameters: {
            query?: {
                /** @description Id of the plugin whose messages they are. */
                plugin?: string;
                /** @description Full name of the method of their call, or `Interface.*`. */
                method?: string;
                /** @description Id of the call that they belong to. */
                call?: number;
                /** @description Seconds since the epoch, inclusive. */
                since?: number;
                /** @description Seconds since the epoch, exclusive. */
                until?: number;
                /** @description The `next` of the page before. */
                before?: number;
                /** @description How many, at most. */
                limit?: number;
                /** @description Whether what they carried is shown, too. */
                bodies?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of messages. Or: All messages that are asked for, whatever `limit` says, the latest first. Or: Each message from now on. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MessageList"];
                    "application/x-ndjson": string;
                    "text/event-stream": string;
                };
            };
            400: components["responses"]["RequestInvalid"];
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            421: components["responses"]["HostRefused"];
            422: components["responses"]["QueryInvalid"];
            /** @description Too many wrong tokens (`attempts-exceeded`). Too many streams are open (`streams-exceeded`). */
            429: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 429;
                        /** @enum {unknown} */
                        code?: "attempts-exceeded" | "streams-exceeded";
                    };
                };
            };
            431: components["responses"]["HeadTooLarge"];
            500: components["responses"]["Internal"];
            501: components["responses"]["TransferEncodingUnsupported"];
            503: components["responses"]["TrafficUnavailable"];
            505: components["responses"]["HttpVersionUnsupported"];
        };
    };
    showNavigation: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The entries, in their order. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Navigation"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            421: components["responses"]["HostRefused"];
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            500: components["responses"]["Internal"];
            501: components["responses"]["TransferEncodingUnsupported"];
            505: components["responses"]["HttpVersionUnsupported"];
        };
    };
    listPlugins: {
        parameters: {
            query?: {
                /** @description States with commas between them; one of them it must have. */
                state?: string;
                /** @description Name of an interface that it must provide. */
                interface?: string;
                /** @description What must stand in its id or description; case does not matter. */
                text?: string;
                /** @description Whether it must be enabled, or disabled. */
                enabled?: boolean;
                /** @description By what to sort; with a `-` in front the other way round. Equal ones come by id. */
                sort?: "id" | "-id" | "state" | "-state" | "restarts" | "-restarts" | "calls" | "-calls";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The plugins. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PluginList"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            421: components["responses"]["HostRefused"];
            422: components["responses"]["QueryInvalid"];
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            500: components["responses"]["Internal"];
            501: components["responses"]["TransferEncodingUnsupported"];
            505: components["responses"]["HttpVersionUnsupported"];
        };
    };
    inspectPlugin: {
        parameters: {
            query?: never;
            header?: {
                /** @description A signature of the archive in minisign's format, in base64. It must be one by a trusted key. */
                "Polyhost-Signature"?: string;
            };
            path?: never;
            cookie?: never;
        };
        /** @description The archive. At most 256 MiB. */
        requestBody: {
            content: {
                "application/zip": string;
                "application/gzip": string;
                "application/x-tar": string;
            };
        };
        responses: {
            /** @description What is in the archive. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Inspection"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            408: components["responses"]["RequestTimedOut"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            421: components["responses"]["HostRefused"];
            /** @description The interface file is wrong (`interface-invalid`). The manifest is wrong (`manifest-invalid`). The files are refused (`source-refused`). */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 422;
                        /** @enum {unknown} */
                        code?: "interface-invalid" | "manifest-invalid" | "source-refused";
                    };
                };
            };
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            500: components["responses"]["Internal"];
            501: components["responses"]["TransferEncodingUnsupported"];
            503: components["responses"]["HostClosed"];
            505: components["responses"]["HttpVersionUnsupported"];
        };
    };
    loadPlugin: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description At most 64 KiB. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["LoadBody"];
            };
        };
        responses: {
            /** @description With `replace`: it has taken the place of another version. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PluginSnapshot"];
                };
            };
            /** @description The plugin is loaded and ready. */
            201: {
                headers: {
                    /** @description Where its `info` is. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PluginSnapshot"];
                };
            };
            /** @description The body is no JSON (`json-invalid`). The request cannot be understood (`request-invalid`). */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 400;
                        /** @enum {unknown} */
                        code?: "json-invalid" | "request-invalid";
                    };
                };
            };
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            404: components["responses"]["PluginNotFound"];
            408: components["responses"]["RequestTimedOut"];
            /** @description What the plugin requires is not there (`dependency-unmet`). The plugin is loaded already (`plugin-already-loaded`). The new version could not take over (`reload-failed`). */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 409;
                        /** @enum {unknown} */
                        code?: "dependency-unmet" | "plugin-already-loaded" | "reload-failed";
                    };
                };
            };
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            421: components["responses"]["HostRefused"];
            /** @description The body does not fit the route (`body-invalid`). The configuration is wrong (`config-invalid`). The interface file is wrong (`interface-invalid`). The manifest is wrong (`manifest-invalid`). The files are refused (`source-refused`). */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 422;
                        /** @enum {unknown} */
                        code?: "body-invalid" | "config-invalid" | "interface-invalid" | "manifest-invalid" | "source-refused";
                    };
                };
            };
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            /** @description An extension failed (`extension-failed`). Internal error (`internal`). */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 500;
                        /** @enum {unknown} */
                        code?: "extension-failed" | "internal";
                    };
                };
            };
            501: components["responses"]["TransferEncodingUnsupported"];
            /** @description The plugin sent no valid hello (`handshake-failed`). The plugin could not be started (`launch-failed`). The plugin failed (`plugin-error`). Host and plugin do not fit (`plugin-incompatible`). The plugin broke the protocol (`plugin-misbehaved`). */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 502;
                        /** @enum {unknown} */
                        code?: "handshake-failed" | "launch-failed" | "plugin-error" | "plugin-incompatible" | "plugin-misbehaved";
                    };
                };
            };
            /** @description The host is stopping (`host-closed`). The plugin ended during the call (`plugin-crashed`). The plugin is not running (`plugin-unavailable`). */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 503;
                        /** @enum {unknown} */
                        code?: "host-closed" | "plugin-crashed" | "plugin-unavailable";
                    };
                };
            };
            505: components["responses"]["HttpVersionUnsupported"];
            507: components["responses"]["StorageFailed"];
        };
    };
    inspectLoad: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description At most 64 KiB. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["LoadBody"];
            };
        };
        responses: {
            /** @description What is there. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Inspection"];
                };
            };
            /** @description The body is no JSON (`json-invalid`). The request cannot be understood (`request-invalid`). */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 400;
                        /** @enum {unknown} */
                        code?: "json-invalid" | "request-invalid";
                    };
                };
            };
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            408: components["responses"]["RequestTimedOut"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            421: components["responses"]["HostRefused"];
            /** @description The body does not fit the route (`body-invalid`). The interface file is wrong (`interface-invalid`). The manifest is wrong (`manifest-invalid`). The files are refused (`source-refused`). */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 422;
                        /** @enum {unknown} */
                        code?: "body-invalid" | "interface-invalid" | "manifest-invalid" | "source-refused";
                    };
                };
            };
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            500: components["responses"]["Internal"];
            501: components["responses"]["TransferEncodingUnsupported"];
            503: components["responses"]["HostClosed"];
            505: components["responses"]["HttpVersionUnsupported"];
        };
    };
    uploadPlugin: {
        parameters: {
            query?: {
                /** @description Whether the new version takes its place, without a call being lost; else it is refused. */
                replace?: boolean;
                /** @description With `replace`, also when the new version breaks what others use. */
                force?: boolean;
            };
            header?: {
                /** @description A signature of the archive in minisign's format, in base64. It must be one by a trusted key. */
                "Polyhost-Signature"?: string;
            };
            path?: never;
            cookie?: never;
        };
        /** @description The archive. At most 256 MiB. */
        requestBody: {
            content: {
                "application/zip": string;
                "application/gzip": string;
                "application/x-tar": string;
            };
        };
        responses: {
            /** @description With `replace`: it has taken the place of another version. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PluginSnapshot"];
                };
            };
            /** @description The plugin is loaded and ready. */
            201: {
                headers: {
                    /** @description Where its `info` is. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PluginSnapshot"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            404: components["responses"]["PluginNotFound"];
            408: components["responses"]["RequestTimedOut"];
            /** @description What the plugin requires is not there (`dependency-unmet`). The plugin is loaded already (`plugin-already-loaded`). The new version could not take over (`reload-failed`). */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 409;
                        /** @enum {unknown} */
                        code?: "dependency-unmet" | "plugin-already-loaded" | "reload-failed";
                    };
                };
            };
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            421: components["responses"]["HostRefused"];
            /** @description The configuration is wrong (`config-invalid`). The interface file is wrong (`interface-invalid`). The manifest is wrong (`manifest-invalid`). The query does not fit the route (`query-invalid`). The files are refused (`source-refused`). */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 422;
                        /** @enum {unknown} */
                        code?: "config-invalid" | "interface-invalid" | "manifest-invalid" | "query-invalid" | "source-refused";
                    };
                };
            };
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            /** @description An extension failed (`extension-failed`). Internal error (`internal`). */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 500;
                        /** @enum {unknown} */
                        code?: "extension-failed" | "internal";
                    };
                };
            };
            501: components["responses"]["TransferEncodingUnsupported"];
            /** @description The plugin sent no valid hello (`handshake-failed`). The plugin could not be started (`launch-failed`). The plugin failed (`plugin-error`). Host and plugin do not fit (`plugin-incompatible`). The plugin broke the protocol (`plugin-misbehaved`). */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 502;
                        /** @enum {unknown} */
                        code?: "handshake-failed" | "launch-failed" | "plugin-error" | "plugin-incompatible" | "plugin-misbehaved";
                    };
                };
            };
            /** @description The host is stopping (`host-closed`). The plugin ended during the call (`plugin-crashed`). The plugin is not running (`plugin-unavailable`). */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 503;
                        /** @enum {unknown} */
                        code?: "host-closed" | "plugin-crashed" | "plugin-unavailable";
                    };
                };
            };
            505: components["responses"]["HttpVersionUnsupported"];
            507: components["responses"]["StorageFailed"];
        };
    };
    unloadPlugin: {
        parameters: {
            query?: {
                /** @description Whether those that require the plugin are unloaded before it. */
                cascade?: boolean;
            };
            header?: never;
            path: {
                /** @description The plugin's id. */
                plugin_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description With `cascade`: what was unloaded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Unloaded"];
                };
            };
            /** @description The plugin is unloaded. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["RequestInvalid"];
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            /** @description No such plugin (`plugin-not-found`). No such path (`route-not-found`). */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 404;
                        /** @enum {unknown} */
                        code?: "plugin-not-found" | "route-not-found";
                    };
                };
            };
            408: components["responses"]["RequestTimedOut"];
            409: components["responses"]["PluginRequired"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            421: components["responses"]["HostRefused"];
            /** @description The body does not fit the route (`body-invalid`). The configuration is wrong (`config-invalid`). The query does not fit the route (`query-invalid`). */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 422;
                        /** @enum {unknown} */
                        code?: "body-invalid" | "config-invalid" | "query-invalid";
                    };
                };
            };
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            500: components["responses"]["Internal"];
            501: components["responses"]["TransferEncodingUnsupported"];
            503: components["responses"]["HostClosed"];
            505: components["responses"]["HttpVersionUnsupported"];
            507: components["responses"]["StorageFailed"];
        };
    };
    callPlugin: {
        parameters: {
            query?: {
                /** @description `Interface.Method`. */
                method?: string;
                /** @description The other params, as a JSON object. */
                params?: string;
                /** @description The deadline, from now. */
                timeout_ms?: number;
            };
            header?: {
                /** @description The W3C trace context that the call belongs to; what is none is passed over. */
                traceparent?: string;
                /** @description What vendors say about that trace, at most 512 characters; what is none is passed over. */
                tracestate?: string;
                /** @description Lets the request be repeated without a second call; the answer then has `Idempotency-Replayed: true`. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The plugin's id. */
                plugin_id: string;
            };
            cookie?: never;
        };
        /** @description At most 8 MiB. `application/msgpack`: the same members, with binary data as such. `application/x-ndjson`: the first line is the call, each further one an item. `application/octet-stream`: the one binary param, or the binary items, of the method that the query names. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["CallBody"];
                "application/msgpack": string;
                "application/x-ndjson": string;
                "application/octet-stream": string;
            };
        };
        responses: {
            /** @description The method's answer, with the items of its stream if it sends one. Or: The same in MessagePack, with binary data as such. Or: Lines with the items, the last one with the result or what went wrong. Or: Events: `progress`, `item`, and at the end `result` or `error`. Or: The one binary member of the result, or the binary items one after the other. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "result": {
                     *         "revision": 1
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["CallAnswer"] | components["schemas"]["CollectedAnswer"];
                    "application/msgpack": string;
                    "application/x-ndjson": string;
                    "text/event-stream": string;
                    "application/octet-stream": string;
                };
            };
            /** @description The Idempotency-Key cannot be used (`idempotency-key-invalid`). The body is no JSON (`json-invalid`). The body is no MessagePack (`msgpack-invalid`). The request cannot be understood (`request-invalid`). */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 400;
                        /** @enum {unknown} */
                        code?: "idempotency-key-invalid" | "json-invalid" | "msgpack-invalid" | "request-invalid";
                    };
                };
            };
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description An extension refused the call (`call-refused`). Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "call-refused" | "origin-refused" | "scope-insufficient";
                    };
                };
            };
            /** @description No such method (`method-not-found`). No such plugin (`plugin-not-found`). No such path (`route-not-found`). */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 404;
                        /** @enum {unknown} */
                        code?: "method-not-found" | "plugin-not-found" | "route-not-found";
                    };
                };
            };
            408: components["responses"]["RequestTimedOut"];
            /** @description The call was cancelled (`call-cancelled`). What the plugin requires is not there (`dependency-unmet`). */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 409;
                        /** @enum {unknown} */
                        code?: "call-cancelled" | "dependency-unmet";
                    };
                };
            };
            /** @description The body is too large (`body-too-large`). The message is too large (`message-too-large`). */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 413;
                        /** @enum {unknown} */
                        code?: "body-too-large" | "message-too-large";
                    };
                };
            };
            415: components["responses"]["MediaTypeUnsupported"];
            421: components["responses"]["HostRefused"];
            /** @description The body does not fit the route (`body-invalid`). The configuration is wrong (`config-invalid`). The Idempotency-Key was used for another request (`idempotency-key-reused`). The interface file is wrong (`interface-invalid`). The manifest is wrong (`manifest-invalid`). The params do not fit the method (`params-invalid`). The query does not fit the route (`query-invalid`). The files are refused (`source-refused`). */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 422;
                        /** @enum {unknown} */
                        code?: "body-invalid" | "config-invalid" | "idempotency-key-reused" | "interface-invalid" | "manifest-invalid" | "params-invalid" | "query-invalid" | "source-refused";
                    };
                };
            };
            /** @description Too many wrong tokens (`attempts-exceeded`). Too many calls are waiting for the plugin (`plugin-overloaded`). */
            429: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 429;
                        /** @enum {unknown} */
                        code?: "attempts-exceeded" | "plugin-overloaded";
                    };
                };
            };
            431: components["responses"]["HeadTooLarge"];
            /** @description An extension failed (`extension-failed`). Internal error (`internal`). */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 500;
                        /** @enum {unknown} */
                        code?: "extension-failed" | "internal";
                    };
                };
            };
            501: components["responses"]["TransferEncodingUnsupported"];
            /** @description The call failed (`call-error`). The plugin answered with an error (`call-failed`). The plugin sent no valid hello (`handshake-failed`). The plugin could not be started (`launch-failed`). The plugin failed (`plugin-error`). Host and plugin do not fit (`plugin-incompatible`). The plugin broke the protocol (`plugin-misbehaved`). The plugin broke the protocol (`protocol-violated`). The plugin's answer does not fit the method (`result-invalid`). */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 502;
                        /** @enum {unknown} */
                        code?: "call-error" | "call-failed" | "handshake-failed" | "launch-failed" | "plugin-error" | "plugin-incompatible" | "plugin-misbehaved" | "protocol-violated" | "result-invalid";
                    };
                };
            };
            /** @description The host is stopping (`host-closed`). The plugin ended during the call (`plugin-crashed`). The plugin is not running (`plugin-unavailable`). */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 503;
                        /** @enum {unknown} */
                        code?: "host-closed" | "plugin-crashed" | "plugin-unavailable";
                    };
                };
            };
            504: components["responses"]["CallTimedOut"];
            505: components["responses"]["HttpVersionUnsupported"];
            507: components["responses"]["StorageFailed"];
            508: components["responses"]["CallCycle"];
        };
    };
    listCalls: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The plugin's id. */
                plugin_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The calls, the oldest first. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CallList"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            /** @description No such plugin (`plugin-not-found`). No such path (`route-not-found`). */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 404;
                        /** @enum {unknown} */
                        code?: "plugin-not-found" | "route-not-found";
                    };
                };
            };
            421: components["responses"]["HostRefused"];
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            500: components["responses"]["Internal"];
            501: components["responses"]["TransferEncodingUnsupported"];
            505: components["responses"]["HttpVersionUnsupported"];
        };
    };
    cancelCall: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The plugin's id. */
                plugin_id: string;
                /** @description The id of a recorded call, as the list shows it. */
                call_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The call is cancelled. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["RequestInvalid"];
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            /** @description No such call in flight (`call-not-found`). No such plugin (`plugin-not-found`). No such path (`route-not-found`). */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 404;
                        /** @enum {unknown} */
                        code?: "call-not-found" | "plugin-not-found" | "route-not-found";
                    };
                };
            };
            408: components["responses"]["RequestTimedOut"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            421: components["responses"]["HostRefused"];
            422: components["responses"]["BodyInvalid"];
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            500: components["responses"]["Internal"];
            501: components["responses"]["TransferEncodingUnsupported"];
            503: components["responses"]["HostClosed"];
            505: components["responses"]["HttpVersionUnsupported"];
        };
    };
    showConfig: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The plugin's id. */
                plugin_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The configuration, layer by layer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PluginConfig"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            /** @description No such plugin (`plugin-not-found`). No such path (`route-not-found`). */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 404;
                        /** @enum {unknown} */
                        code?: "plugin-not-found" | "route-not-found";
                    };
                };
            };
            421: components["responses"]["HostRefused"];
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            500: components["responses"]["Internal"];
            501: components["responses"]["TransferEncodingUnsupported"];
            505: components["responses"]["HttpVersionUnsupported"];
        };
    };
    configurePlugin: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The plugin's id. */
                plugin_id: string;
            };
            cookie?: never;
        };
        /** @description At most 64 KiB. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConfigBody"];
            };
        };
        responses: {
            /** @description The plugin runs with it, or is at rest. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PluginSnapshot"];
                };
            };
            /** @description The body is no JSON (`json-invalid`). The request cannot be understood (`request-invalid`). */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 400;
                        /** @enum {unknown} */
                        code?: "json-invalid" | "request-invalid";
                    };
                };
            };
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            /** @description No such plugin (`plugin-not-found`). No such path (`route-not-found`). */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 404;
                        /** @enum {unknown} */
                        code?: "plugin-not-found" | "route-not-found";
                    };
                };
            };
            408: components["responses"]["RequestTimedOut"];
            /** @description What the plugin requires is not there (`dependency-unmet`). The new version could not take over (`reload-failed`). */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 409;
                        /** @enum {unknown} */
                        code?: "dependency-unmet" | "reload-failed";
                    };
                };
            };
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            421: components["responses"]["HostRefused"];
            /** @description The body does not fit the route (`body-invalid`). The configuration is wrong (`config-invalid`). The interface file is wrong (`interface-invalid`). The manifest is wrong (`manifest-invalid`). The files are refused (`source-refused`). */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 422;
                        /** @enum {unknown} */
                        code?: "body-invalid" | "config-invalid" | "interface-invalid" | "manifest-invalid" | "source-refused";
                    };
                };
            };
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            /** @description An extension failed (`extension-failed`). Internal error (`internal`). */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 500;
                        /** @enum {unknown} */
                        code?: "extension-failed" | "internal";
                    };
                };
            };
            501: components["responses"]["TransferEncodingUnsupported"];
            /** @description The plugin sent no valid hello (`handshake-failed`). The plugin could not be started (`launch-failed`). The plugin failed (`plugin-error`). Host and plugin do not fit (`plugin-incompatible`). The plugin broke the protocol (`plugin-misbehaved`). */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 502;
                        /** @enum {unknown} */
                        code?: "handshake-failed" | "launch-failed" | "plugin-error" | "plugin-incompatible" | "plugin-misbehaved";
                    };
                };
            };
            /** @description The host is stopping (`host-closed`). The plugin ended during the call (`plugin-crashed`). The plugin is not running (`plugin-unavailable`). */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 503;
                        /** @enum {unknown} */
                        code?: "host-closed" | "plugin-crashed" | "plugin-unavailable";
                    };
                };
            };
            505: components["responses"]["HttpVersionUnsupported"];
            507: components["responses"]["StorageFailed"];
        };
    };
    validateConfig: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The plugin's id. */
                plugin_id: string;
            };
            cookie?: never;
        };
        /** @description At most 64 KiB. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConfigBody"];
            };
        };
        responses: {
            /** @description Whether the values would do. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConfigCheck"];
                };
            };
            /** @description The body is no JSON (`json-invalid`). The request cannot be understood (`request-invalid`). */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 400;
                        /** @enum {unknown} */
                        code?: "json-invalid" | "request-invalid";
                    };
                };
            };
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            /** @description No such plugin (`plugin-not-found`). No such path (`route-not-found`). */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 404;
                        /** @enum {unknown} */
                        code?: "plugin-not-found" | "route-not-found";
                    };
                };
            };
            408: components["responses"]["RequestTimedOut"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            421: components["responses"]["HostRefused"];
            422: components["responses"]["BodyInvalid"];
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            500: components["responses"]["Internal"];
            501: components["responses"]["TransferEncodingUnsupported"];
            503: components["responses"]["HostClosed"];
            505: components["responses"]["HttpVersionUnsupported"];
        };
    };
    listDependents: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The plugin's id. */
                plugin_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Who could not run without it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Dependents"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            /** @description No such plugin (`plugin-not-found`). No such path (`route-not-found`). */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 404;
                        /** @enum {unknown} */
                        code?: "plugin-not-found" | "route-not-found";
                    };
                };
            };
            421: components["responses"]["HostRefused"];
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            500: components["responses"]["Internal"];
            501: components["responses"]["TransferEncodingUnsupported"];
            505: components["responses"]["HttpVersionUnsupported"];
        };
    };
    disablePlugin: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The plugin's id. */
                plugin_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is done; how the plugin is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PluginSnapshot"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            /** @description No such plugin (`plugin-not-found`). No such path (`route-not-found`). */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 404;
                        /** @enum {unknown} */
                        code?: "plugin-not-found" | "route-not-found";
                    };
                };
            };
            408: components["responses"]["RequestTimedOut"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            421: components["responses"]["HostRefused"];
            /** @description The body does not fit the route (`body-invalid`). The configuration is wrong (`config-invalid`). */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 422;
                        /** @enum {unknown} */
                        code?: "body-invalid" | "config-invalid";
                    };
                };
            };
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            500: components["responses"]["Internal"];
            501: components["responses"]["TransferEncodingUnsupported"];
            503: components["responses"]["HostClosed"];
            505: components["responses"]["HttpVersionUnsupported"];
            507: components["responses"]["StorageFailed"];
        };
    };
    enablePlugin: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The plugin's id. */
                plugin_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is done; how the plugin is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PluginSnapshot"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            /** @description No such plugin (`plugin-not-found`). No such path (`route-not-found`). */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 404;
                        /** @enum {unknown} */
                        code?: "plugin-not-found" | "route-not-found";
                    };
                };
            };
            408: components["responses"]["RequestTimedOut"];
            409: components["responses"]["DependencyUnmet"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            421: components["responses"]["HostRefused"];
            /** @description The body does not fit the route (`body-invalid`). The configuration is wrong (`config-invalid`). The interface file is wrong (`interface-invalid`). The manifest is wrong (`manifest-invalid`). The files are refused (`source-refused`). */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 422;
                        /** @enum {unknown} */
                        code?: "body-invalid" | "config-invalid" | "interface-invalid" | "manifest-invalid" | "source-refused";
                    };
                };
            };
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            /** @description An extension failed (`extension-failed`). Internal error (`internal`). */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 500;
                        /** @enum {unknown} */
                        code?: "extension-failed" | "internal";
                    };
                };
            };
            501: components["responses"]["TransferEncodingUnsupported"];
            /** @description The plugin sent no valid hello (`handshake-failed`). The plugin could not be started (`launch-failed`). The plugin failed (`plugin-error`). Host and plugin do not fit (`plugin-incompatible`). The plugin broke the protocol (`plugin-misbehaved`). */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 502;
                        /** @enum {unknown} */
                        code?: "handshake-failed" | "launch-failed" | "plugin-error" | "plugin-incompatible" | "plugin-misbehaved";
                    };
                };
            };
            /** @description The host is stopping (`host-closed`). The plugin ended during the call (`plugin-crashed`). The plugin is not running (`plugin-unavailable`). */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 503;
                        /** @enum {unknown} */
                        code?: "host-closed" | "plugin-crashed" | "plugin-unavailable";
                    };
                };
            };
            505: components["responses"]["HttpVersionUnsupported"];
            507: components["responses"]["StorageFailed"];
        };
    };
    listExits: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The plugin's id. */
                plugin_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The exit reports. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExitList"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            /** @description No such plugin (`plugin-not-found`). No such path (`route-not-found`). */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 404;
                        /** @enum {unknown} */
                        code?: "plugin-not-found" | "route-not-found";
                    };
                };
            };
            421: components["responses"]["HostRefused"];
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            500: components["responses"]["Internal"];
            501: components["responses"]["TransferEncodingUnsupported"];
            505: components["responses"]["HttpVersionUnsupported"];
        };
    };
    showPlugin: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The plugin's id. */
                plugin_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The plugin. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PluginSnapshot"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            /** @description No such plugin (`plugin-not-found`). No such path (`route-not-found`). */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 404;
                        /** @enum {unknown} */
                        code?: "plugin-not-found" | "route-not-found";
                    };
                };
            };
            421: components["responses"]["HostRefused"];
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            500: components["responses"]["Internal"];
            501: components["responses"]["TransferEncodingUnsupported"];
            505: components["responses"]["HttpVersionUnsupported"];
        };
    };
    listInstances: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The plugin's id. */
                plugin_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The instances. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InstanceList"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            /** @description No such plugin (`plugin-not-found`). No such path (`route-not-found`). */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 404;
                        /** @enum {unknown} */
                        code?: "plugin-not-found" | "route-not-found";
                    };
                };
            };
            421: components["responses"]["HostRefused"];
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            500: components["responses"]["Internal"];
            501: components["responses"]["TransferEncodingUnsupported"];
            505: components["responses"]["HttpVersionUnsupported"];
        };
    };
    showLogs: {
        parameters: {
            query?: {
                /** @description How many, at most; by default 100, with `after` all. */
                last?: number;
                /** @description Only lines with a higher sequence. */
                after?: number;
                /** @description Whether to go on with each new line. */
                follow?: boolean;
            };
            header?: never;
            path: {
                /** @description The plugin's id. */
                plugin_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The lines. Or: With `follow`: each line as it comes. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LogLines"];
                    "application/x-ndjson": string;
                };
            };
            400: components["responses"]["RequestInvalid"];
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            /** @description No such plugin (`plugin-not-found`). No such path (`route-not-found`). */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 404;
                        /** @enum {unknown} */
                        code?: "plugin-not-found" | "route-not-found";
                    };
                };
            };
            421: components["responses"]["HostRefused"];
            422: components["responses"]["QueryInvalid"];
            /** @description Too many wrong tokens (`attempts-exceeded`). Too many streams are open (`streams-exceeded`). */
            429: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 429;
                        /** @enum {unknown} */
                        code?: "attempts-exceeded" | "streams-exceeded";
                    };
                };
            };
            431: components["responses"]["HeadTooLarge"];
            500: components["responses"]["Internal"];
            501: components["responses"]["TransferEncodingUnsupported"];
            505: components["responses"]["HttpVersionUnsupported"];
        };
    };
    showManifest: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The plugin's id. */
                plugin_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The manifest. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ManifestView"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            /** @description No such plugin (`plugin-not-found`). No such path (`route-not-found`). */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 404;
                        /** @enum {unknown} */
                        code?: "plugin-not-found" | "route-not-found";
                    };
                };
            };
            421: components["responses"]["HostRefused"];
            422: components["responses"]["ManifestInvalid"];
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            500: components["responses"]["Internal"];
            501: components["responses"]["TransferEncodingUnsupported"];
            505: components["responses"]["HttpVersionUnsupported"];
        };
    };
    showPluginMetrics: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The plugin's id. */
                plugin_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The calls of the plugin. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PluginCalls"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            /** @description No such plugin (`plugin-not-found`). No such path (`route-not-found`). */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 404;
                        /** @enum {unknown} */
                        code?: "plugin-not-found" | "route-not-found";
                    };
                };
            };
            421: components["responses"]["HostRefused"];
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            500: components["responses"]["Internal"];
            501: components["responses"]["TransferEncodingUnsupported"];
            505: components["responses"]["HttpVersionUnsupported"];
        };
    };
    showPluginHistory: {
        parameters: {
            query?: {
                /** @description Only samples that were taken later, seconds since the epoch. */
                after?: number;
            };
            header?: never;
            path: {
                /** @description The plugin's id. */
                plugin_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The figures of the last half hour. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FigureHistory"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            /** @description No such plugin (`plugin-not-found`). No such path (`route-not-found`). */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 404;
                        /** @enum {unknown} */
                        code?: "plugin-not-found" | "route-not-found";
                    };
                };
            };
            421: components["responses"]["HostRefused"];
            422: components["responses"]["QueryInvalid"];
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            500: components["responses"]["Internal"];
            501: components["responses"]["TransferEncodingUnsupported"];
            505: components["responses"]["HttpVersionUnsupported"];
        };
    };
    reloadPlugin: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The plugin's id. */
                plugin_id: string;
            };
            cookie?: never;
        };
        /** @description At most 64 KiB. */
        requestBody?: {
            content: {
                "application/json": components["schemas"]["ReloadBody"];
            };
        };
        responses: {
            /** @description It is done; how the plugin is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PluginSnapshot"];
                };
            };
            /** @description The body is no JSON (`json-invalid`). The request cannot be understood (`request-invalid`). */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 400;
                        /** @enum {unknown} */
                        code?: "json-invalid" | "request-invalid";
                    };
                };
            };
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            /** @description No such plugin (`plugin-not-found`). No such path (`route-not-found`). */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 404;
                        /** @enum {unknown} */
                        code?: "plugin-not-found" | "route-not-found";
                    };
                };
            };
            408: components["responses"]["RequestTimedOut"];
            /** @description What the plugin requires is not there (`dependency-unmet`). The new version could not take over (`reload-failed`). */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 409;
                        /** @enum {unknown} */
                        code?: "dependency-unmet" | "reload-failed";
                    };
                };
            };
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            421: components["responses"]["HostRefused"];
            /** @description The body does not fit the route (`body-invalid`). The configuration is wrong (`config-invalid`). The interface file is wrong (`interface-invalid`). The manifest is wrong (`manifest-invalid`). The files are refused (`source-refused`). */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 422;
                        /** @enum {unknown} */
                        code?: "body-invalid" | "config-invalid" | "interface-invalid" | "manifest-invalid" | "source-refused";
                    };
                };
            };
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            /** @description An extension failed (`extension-failed`). Internal error (`internal`). */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 500;
                        /** @enum {unknown} */
                        code?: "extension-failed" | "internal";
                    };
                };
            };
            501: components["responses"]["TransferEncodingUnsupported"];
            /** @description The plugin sent no valid hello (`handshake-failed`). The plugin could not be started (`launch-failed`). The plugin failed (`plugin-error`). Host and plugin do not fit (`plugin-incompatible`). The plugin broke the protocol (`plugin-misbehaved`). */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 502;
                        /** @enum {unknown} */
                        code?: "handshake-failed" | "launch-failed" | "plugin-error" | "plugin-incompatible" | "plugin-misbehaved";
                    };
                };
            };
            /** @description The host is stopping (`host-closed`). The plugin ended during the call (`plugin-crashed`). The plugin is not running (`plugin-unavailable`). */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 503;
                        /** @enum {unknown} */
                        code?: "host-closed" | "plugin-crashed" | "plugin-unavailable";
                    };
                };
            };
            505: components["responses"]["HttpVersionUnsupported"];
            507: components["responses"]["StorageFailed"];
        };
    };
    resetPlugin: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The plugin's id. */
                plugin_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is done; how the plugin is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PluginSnapshot"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            /** @description No such plugin (`plugin-not-found`). No such path (`route-not-found`). */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 404;
                        /** @enum {unknown} */
                        code?: "plugin-not-found" | "route-not-found";
                    };
                };
            };
            408: components["responses"]["RequestTimedOut"];
            409: components["responses"]["DependencyUnmet"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            421: components["responses"]["HostRefused"];
            /** @description The body does not fit the route (`body-invalid`). The configuration is wrong (`config-invalid`). The interface file is wrong (`interface-invalid`). The manifest is wrong (`manifest-invalid`). The files are refused (`source-refused`). */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 422;
                        /** @enum {unknown} */
                        code?: "body-invalid" | "config-invalid" | "interface-invalid" | "manifest-invalid" | "source-refused";
                    };
                };
            };
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            /** @description An extension failed (`extension-failed`). Internal error (`internal`). */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 500;
                        /** @enum {unknown} */
                        code?: "extension-failed" | "internal";
                    };
                };
            };
            501: components["responses"]["TransferEncodingUnsupported"];
            /** @description The plugin sent no valid hello (`handshake-failed`). The plugin could not be started (`launch-failed`). The plugin failed (`plugin-error`). Host and plugin do not fit (`plugin-incompatible`). The plugin broke the protocol (`plugin-misbehaved`). */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 502;
                        /** @enum {unknown} */
                        code?: "handshake-failed" | "launch-failed" | "plugin-error" | "plugin-incompatible" | "plugin-misbehaved";
                    };
                };
            };
            /** @description The host is stopping (`host-closed`). The plugin ended during the call (`plugin-crashed`). The plugin is not running (`plugin-unavailable`). */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 503;
                        /** @enum {unknown} */
                        code?: "host-closed" | "plugin-crashed" | "plugin-unavailable";
                    };
                };
            };
            505: components["responses"]["HttpVersionUnsupported"];
            507: components["responses"]["StorageFailed"];
        };
    };
    restartPlugin: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The plugin's id. */
                plugin_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is done; how the plugin is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PluginSnapshot"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            /** @description No such plugin (`plugin-not-found`). No such path (`route-not-found`). */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 404;
                        /** @enum {unknown} */
                        code?: "plugin-not-found" | "route-not-found";
                    };
                };
            };
            408: components["responses"]["RequestTimedOut"];
            409: components["responses"]["DependencyUnmet"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            421: components["responses"]["HostRefused"];
            /** @description The body does not fit the route (`body-invalid`). The configuration is wrong (`config-invalid`). The interface file is wrong (`interface-invalid`). The manifest is wrong (`manifest-invalid`). The files are refused (`source-refused`). */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 422;
                        /** @enum {unknown} */
                        code?: "body-invalid" | "config-invalid" | "interface-invalid" | "manifest-invalid" | "source-refused";
                    };
                };
            };
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            /** @description An extension failed (`extension-failed`). Internal error (`internal`). */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 500;
                        /** @enum {unknown} */
                        code?: "extension-failed" | "internal";
                    };
                };
            };
            501: components["responses"]["TransferEncodingUnsupported"];
            /** @description The plugin sent no valid hello (`handshake-failed`). The plugin could not be started (`launch-failed`). The plugin failed (`plugin-error`). Host and plugin do not fit (`plugin-incompatible`). The plugin broke the protocol (`plugin-misbehaved`). */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 502;
                        /** @enum {unknown} */
                        code?: "handshake-failed" | "launch-failed" | "plugin-error" | "plugin-incompatible" | "plugin-misbehaved";
                    };
                };
            };
            /** @description The host is stopping (`host-closed`). The plugin ended during the call (`plugin-crashed`). The plugin is not running (`plugin-unavailable`). */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 503;
                        /** @enum {unknown} */
                        code?: "host-closed" | "plugin-crashed" | "plugin-unavailable";
                    };
                };
            };
            505: components["responses"]["HttpVersionUnsupported"];
            507: components["responses"]["StorageFailed"];
        };
    };
    startPlugin: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The plugin's id. */
                plugin_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is done; how the plugin is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PluginSnapshot"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            /** @description No such plugin (`plugin-not-found`). No such path (`route-not-found`). */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 404;
                        /** @enum {unknown} */
                        code?: "plugin-not-found" | "route-not-found";
                    };
                };
            };
            408: components["responses"]["RequestTimedOut"];
            409: components["responses"]["DependencyUnmet"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            421: components["responses"]["HostRefused"];
            /** @description The body does not fit the route (`body-invalid`). The configuration is wrong (`config-invalid`). The interface file is wrong (`interface-invalid`). The manifest is wrong (`manifest-invalid`). The files are refused (`source-refused`). */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 422;
                        /** @enum {unknown} */
                        code?: "body-invalid" | "config-invalid" | "interface-invalid" | "manifest-invalid" | "source-refused";
                    };
                };
            };
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            /** @description An extension failed (`extension-failed`). Internal error (`internal`). */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 500;
                        /** @enum {unknown} */
                        code?: "extension-failed" | "internal";
                    };
                };
            };
            501: components["responses"]["TransferEncodingUnsupported"];
            /** @description The plugin sent no valid hello (`handshake-failed`). The plugin could not be started (`launch-failed`). The plugin failed (`plugin-error`). Host and plugin do not fit (`plugin-incompatible`). The plugin broke the protocol (`plugin-misbehaved`). */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 502;
                        /** @enum {unknown} */
                        code?: "handshake-failed" | "launch-failed" | "plugin-error" | "plugin-incompatible" | "plugin-misbehaved";
                    };
                };
            };
            /** @description The host is stopping (`host-closed`). The plugin ended during the call (`plugin-crashed`). The plugin is not running (`plugin-unavailable`). */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 503;
                        /** @enum {unknown} */
                        code?: "host-closed" | "plugin-crashed" | "plugin-unavailable";
                    };
                };
            };
            505: components["responses"]["HttpVersionUnsupported"];
            507: components["responses"]["StorageFailed"];
        };
    };
    stopPlugin: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The plugin's id. */
                plugin_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is done; how the plugin is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PluginSnapshot"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            /** @description No such plugin (`plugin-not-found`). No such path (`route-not-found`). */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 404;
                        /** @enum {unknown} */
                        code?: "plugin-not-found" | "route-not-found";
                    };
                };
            };
            408: components["responses"]["RequestTimedOut"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            421: components["responses"]["HostRefused"];
            /** @description The body does not fit the route (`body-invalid`). The configuration is wrong (`config-invalid`). */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 422;
                        /** @enum {unknown} */
                        code?: "body-invalid" | "config-invalid";
                    };
                };
            };
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            500: components["responses"]["Internal"];
            501: components["responses"]["TransferEncodingUnsupported"];
            503: components["responses"]["HostClosed"];
            505: components["responses"]["HttpVersionUnsupported"];
            507: components["responses"]["StorageFailed"];
        };
    };
    listPluginTraffic: {
        parameters: {
            query?: {
                /** @description Full name, or `Interface.*`. */
                method?: string;
                /** @description `ok`, `cancelled`, the code of an error, or `failed` for all but `ok`. */
                outcome?: string;
                /** @description Id of the plugin that has made them. */
                caller?: string;
                /** @description Id of the call that they were made for. */
                parent?: number;
                /** @description Seconds since the epoch, inclusive. */
                since?: number;
                /** @description Seconds since the epoch, exclusive. */
                until?: number;
                /** @description How long they took at least. */
                slower_than_ms?: number;
                /** @description The `next` of the page before. */
                before?: number;
                /** @description How many, at most. */
                limit?: number;
                /** @description Whether what they carried is shown, too. */
                bodies?: boolean;
            };
            header?: never;
            path: {
                /** @description The plugin's id. */
                plugin_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of calls. Or: All calls that are asked for, whatever `limit` says, the latest first. Or: Each call from now on. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrafficList"];
                    "application/x-ndjson": string;
                    "text/event-stream": string;
                };
            };
            400: components["responses"]["RequestInvalid"];
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            /** @description No such plugin (`plugin-not-found`). No such path (`route-not-found`). */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 404;
                        /** @enum {unknown} */
                        code?: "plugin-not-found" | "route-not-found";
                    };
                };
            };
            421: components["responses"]["HostRefused"];
            422: components["responses"]["QueryInvalid"];
            /** @description Too many wrong tokens (`attempts-exceeded`). Too many streams are open (`streams-exceeded`). */
            429: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 429;
                        /** @enum {unknown} */
                        code?: "attempts-exceeded" | "streams-exceeded";
                    };
                };
            };
            431: components["responses"]["HeadTooLarge"];
            500: components["responses"]["Internal"];
            501: components["responses"]["TransferEncodingUnsupported"];
            503: components["responses"]["TrafficUnavailable"];
            505: components["responses"]["HttpVersionUnsupported"];
        };
    };
    showTrafficSettings: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The plugin's id. */
                plugin_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What is recorded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrafficSettings"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            /** @description No such plugin (`plugin-not-found`). No such path (`route-not-found`). */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 404;
                        /** @enum {unknown} */
                        code?: "plugin-not-found" | "route-not-found";
                    };
                };
            };
            421: components["responses"]["HostRefused"];
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            500: components["responses"]["Internal"];
            501: components["responses"]["TransferEncodingUnsupported"];
            503: components["responses"]["TrafficUnavailable"];
            505: components["responses"]["HttpVersionUnsupported"];
        };
    };
    changeTrafficSettings: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The plugin's id. */
                plugin_id: string;
            };
            cookie?: never;
        };
        /** @description At most 64 KiB. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["TrafficSettingsBody"];
            };
        };
        responses: {
            /** @description What is recorded from now on. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrafficSettings"];
                };
            };
            /** @description The body is no JSON (`json-invalid`). The request cannot be understood (`request-invalid`). */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 400;
                        /** @enum {unknown} */
                        code?: "json-invalid" | "request-invalid";
                    };
                };
            };
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            /** @description No such plugin (`plugin-not-found`). No such path (`route-not-found`). */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 404;
                        /** @enum {unknown} */
                        code?: "plugin-not-found" | "route-not-found";
                    };
                };
            };
            408: components["responses"]["RequestTimedOut"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            421: components["responses"]["HostRefused"];
            422: components["responses"]["BodyInvalid"];
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            500: components["responses"]["Internal"];
            501: components["responses"]["TransferEncodingUnsupported"];
            /** @description The host is stopping (`host-closed`). The communication log cannot be read (`traffic-unavailable`). */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 503;
                        /** @enum {unknown} */
                        code?: "host-closed" | "traffic-unavailable";
                    };
                };
            };
            505: components["responses"]["HttpVersionUnsupported"];
            507: components["responses"]["StorageFailed"];
        };
    };
    showSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Who sends the request, and how far they may go. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionInfo"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            401: components["responses"]["TokenInvalid"];
            403: components["responses"]["OriginRefused"];
            421: components["responses"]["HostRefused"];
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            500: components["responses"]["Internal"];
            501: components["responses"]["TransferEncodingUnsupported"];
            505: components["responses"]["HttpVersionUnsupported"];
        };
    };
    signIn: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description At most 64 KiB. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignInBody"];
            };
        };
        responses: {
            /** @description Who sends the request, and how far they may go. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionInfo"];
                };
            };
            /** @description The body is no JSON (`json-invalid`). The request cannot be understood (`request-invalid`). */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 400;
                        /** @enum {unknown} */
                        code?: "json-invalid" | "request-invalid";
                    };
                };
            };
            401: components["responses"]["TokenInvalid"];
            403: components["responses"]["OriginRefused"];
            408: components["responses"]["RequestTimedOut"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            421: components["responses"]["HostRefused"];
            422: components["responses"]["BodyInvalid"];
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            500: components["responses"]["Internal"];
            501: components["responses"]["TransferEncodingUnsupported"];
            503: components["responses"]["HostClosed"];
            505: components["responses"]["HttpVersionUnsupported"];
            507: components["responses"]["StorageFailed"];
        };
    };
    signOut: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description There is no session any more. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["RequestInvalid"];
            401: components["responses"]["TokenInvalid"];
            403: components["responses"]["OriginRefused"];
            408: components["responses"]["RequestTimedOut"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            421: components["responses"]["HostRefused"];
            422: components["responses"]["BodyInvalid"];
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            500: components["responses"]["Internal"];
            501: components["responses"]["TransferEncodingUnsupported"];
            503: components["responses"]["HostClosed"];
            505: components["responses"]["HttpVersionUnsupported"];
            507: components["responses"]["StorageFailed"];
        };
    };
    listTokens: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All tokens, those that have expired among them. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenList"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            421: components["responses"]["HostRefused"];
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            500: components["responses"]["Internal"];
            501: components["responses"]["TransferEncodingUnsupported"];
            505: components["responses"]["HttpVersionUnsupported"];
        };
    };
    createToken: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description At most 64 KiB. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["TokenBody"];
            };
        };
        responses: {
            /** @description The token; its text is shown this once. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewToken"];
                };
            };
            /** @description The body is no JSON (`json-invalid`). The request cannot be understood (`request-invalid`). */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 400;
                        /** @enum {unknown} */
                        code?: "json-invalid" | "request-invalid";
                    };
                };
            };
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            408: components["responses"]["RequestTimedOut"];
            409: components["responses"]["TokenExists"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            421: components["responses"]["HostRefused"];
            422: components["responses"]["BodyInvalid"];
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            500: components["responses"]["Internal"];
            501: components["responses"]["TransferEncodingUnsupported"];
            503: components["responses"]["HostClosed"];
            505: components["responses"]["HttpVersionUnsupported"];
            507: components["responses"]["StorageFailed"];
        };
    };
    revokeToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The token's id, as the list shows it. */
                token_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The token is not good any more, and its sessions have ended. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["RequestInvalid"];
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            /** @description No such path (`route-not-found`). No such token (`token-not-found`). */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 404;
                        /** @enum {unknown} */
                        code?: "route-not-found" | "token-not-found";
                    };
                };
            };
            408: components["responses"]["RequestTimedOut"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            421: components["responses"]["HostRefused"];
            422: components["responses"]["BodyInvalid"];
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            500: components["responses"]["Internal"];
            501: components["responses"]["TransferEncodingUnsupported"];
            503: components["responses"]["HostClosed"];
            505: components["responses"]["HttpVersionUnsupported"];
            507: components["responses"]["StorageFailed"];
        };
    };
    showTopology: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Who requires whom. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Topology"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            421: components["responses"]["HostRefused"];
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            500: components["responses"]["Internal"];
            501: components["responses"]["TransferEncodingUnsupported"];
            505: components["responses"]["HttpVersionUnsupported"];
        };
    };
    listTraffic: {
        parameters: {
            query?: {
                /** @description Full name, or `Interface.*`. */
                method?: string;
                /** @description `ok`, `cancelled`, the code of an error, or `failed` for all but `ok`. */
                outcome?: string;
                /** @description Id of the plugin that has made them. */
                caller?: string;
                /** @description Id of the call that they were made for. */
                parent?: number;
                /** @description Seconds since the epoch, inclusive. */
                since?: number;
                /** @description Seconds since the epoch, exclusive. */
                until?: number;
                /** @description How long they took at least. */
                slower_than_ms?: number;
                /** @description The `next` of the page before. */
                before?: number;
                /** @description How many, at most. */
                limit?: number;
                /** @description Whether what they carried is shown, too. */
                bodies?: boolean;
                /** @description Id of the plugin that was called. */
                plugin?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of calls. Or: All calls that are asked for, whatever `limit` says, the latest first. Or: Each call from now on. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrafficList"];
                    "application/x-ndjson": string;
                    "text/event-stream": string;
                };
            };
            400: components["responses"]["RequestInvalid"];
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            421: components["responses"]["HostRefused"];
            422: components["responses"]["QueryInvalid"];
            /** @description Too many wrong tokens (`attempts-exceeded`). Too many streams are open (`streams-exceeded`). */
            429: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 429;
                        /** @enum {unknown} */
                        code?: "attempts-exceeded" | "streams-exceeded";
                    };
                };
            };
            431: components["responses"]["HeadTooLarge"];
            500: components["responses"]["Internal"];
            501: components["responses"]["TransferEncodingUnsupported"];
            503: components["responses"]["TrafficUnavailable"];
            505: components["responses"]["HttpVersionUnsupported"];
        };
    };
    showRecordedCall: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of a recorded call, as the list shows it. */
                call_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The call. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CallDetails"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            /** @description No such record (`record-not-found`). No such path (`route-not-found`). */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 404;
                        /** @enum {unknown} */
                        code?: "record-not-found" | "route-not-found";
                    };
                };
            };
            421: components["responses"]["HostRefused"];
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            500: components["responses"]["Internal"];
            501: components["responses"]["TransferEncodingUnsupported"];
            503: components["responses"]["TrafficUnavailable"];
            505: components["responses"]["HttpVersionUnsupported"];
        };
    };
    replayCall: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of a recorded call, as the list shows it. */
                call_id: string;
            };
            cookie?: never;
        };
        /** @description At most 64 KiB. */
        requestBody?: {
            content: {
                "application/json": components["schemas"]["ReplayBody"];
            };
        };
        responses: {
            /** @description What the call has brought this time. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CallAnswer"];
                };
            };
            /** @description The body is no JSON (`json-invalid`). The request cannot be understood (`request-invalid`). */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 400;
                        /** @enum {unknown} */
                        code?: "json-invalid" | "request-invalid";
                    };
                };
            };
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description An extension refused the call (`call-refused`). Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "call-refused" | "origin-refused" | "scope-insufficient";
                    };
                };
            };
            /** @description No such method (`method-not-found`). No such plugin (`plugin-not-found`). No such record (`record-not-found`). No such path (`route-not-found`). */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 404;
                        /** @enum {unknown} */
                        code?: "method-not-found" | "plugin-not-found" | "record-not-found" | "route-not-found";
                    };
                };
            };
            408: components["responses"]["RequestTimedOut"];
            /** @description The call cannot be made again (`call-not-replayable`). What the plugin requires is not there (`dependency-unmet`). */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 409;
                        /** @enum {unknown} */
                        code?: "call-not-replayable" | "dependency-unmet";
                    };
                };
            };
            /** @description The body is too large (`body-too-large`). The message is too large (`message-too-large`). */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 413;
                        /** @enum {unknown} */
                        code?: "body-too-large" | "message-too-large";
                    };
                };
            };
            415: components["responses"]["MediaTypeUnsupported"];
            421: components["responses"]["HostRefused"];
            /** @description The body does not fit the route (`body-invalid`). The configuration is wrong (`config-invalid`). The interface file is wrong (`interface-invalid`). The manifest is wrong (`manifest-invalid`). The params do not fit the method (`params-invalid`). The files are refused (`source-refused`). */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 422;
                        /** @enum {unknown} */
                        code?: "body-invalid" | "config-invalid" | "interface-invalid" | "manifest-invalid" | "params-invalid" | "source-refused";
                    };
                };
            };
            /** @description Too many wrong tokens (`attempts-exceeded`). Too many calls are waiting for the plugin (`plugin-overloaded`). */
            429: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 429;
                        /** @enum {unknown} */
                        code?: "attempts-exceeded" | "plugin-overloaded";
                    };
                };
            };
            431: components["responses"]["HeadTooLarge"];
            /** @description An extension failed (`extension-failed`). Internal error (`internal`). */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 500;
                        /** @enum {unknown} */
                        code?: "extension-failed" | "internal";
                    };
                };
            };
            501: components["responses"]["TransferEncodingUnsupported"];
            /** @description The call failed (`call-error`). The plugin answered with an error (`call-failed`). The plugin sent no valid hello (`handshake-failed`). The plugin could not be started (`launch-failed`). The plugin failed (`plugin-error`). Host and plugin do not fit (`plugin-incompatible`). The plugin broke the protocol (`plugin-misbehaved`). The plugin broke the protocol (`protocol-violated`). The plugin's answer does not fit the method (`result-invalid`). */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 502;
                        /** @enum {unknown} */
                        code?: "call-error" | "call-failed" | "handshake-failed" | "launch-failed" | "plugin-error" | "plugin-incompatible" | "plugin-misbehaved" | "protocol-violated" | "result-invalid";
                    };
                };
            };
            /** @description The host is stopping (`host-closed`). The plugin ended during the call (`plugin-crashed`). The plugin is not running (`plugin-unavailable`). The communication log cannot be read (`traffic-unavailable`). */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 503;
                        /** @enum {unknown} */
                        code?: "host-closed" | "plugin-crashed" | "plugin-unavailable" | "traffic-unavailable";
                    };
                };
            };
            504: components["responses"]["CallTimedOut"];
            505: components["responses"]["HttpVersionUnsupported"];
            507: components["responses"]["StorageFailed"];
            508: components["responses"]["CallCycle"];
        };
    };
    showVerification: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Mode, keys, lock file and outcomes. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VerificationOverview"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            421: components["responses"]["HostRefused"];
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            500: components["responses"]["Internal"];
            501: components["responses"]["TransferEncodingUnsupported"];
            505: components["responses"]["HttpVersionUnsupported"];
        };
    };
    showMetrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The format of Prometheus. Or: That of OpenMetrics. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                    "application/openmetrics-text": string;
                };
            };
            400: components["responses"]["RequestInvalid"];
            /** @description Somebody has to sign in (`sign-in-needed`). The token is no good (`token-invalid`). */
            401: {
                headers: {
                    /** @description How to say who asks. */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 401;
                        /** @enum {unknown} */
                        code?: "sign-in-needed" | "token-invalid";
                    };
                };
            };
            /** @description Requests from this origin are refused (`origin-refused`). More rights are needed (`scope-insufficient`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"] & {
                        /** @constant */
                        status?: 403;
                        /** @enum {unknown} */
                        code?: "origin-refused" | "scope-insufficient";
                    };
                };
            };
            421: components["responses"]["HostRefused"];
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            500: components["responses"]["Internal"];
            501: components["responses"]["TransferEncodingUnsupported"];
            505: components["responses"]["HttpVersionUnsupported"];
        };
    };
    showOpenapi: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description An OpenAPI 3.1 document. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        [key: string]: unknown;
                    };
                };
            };
            400: components["responses"]["RequestInvalid"];
            401: components["responses"]["TokenInvalid"];
            403: components["responses"]["OriginRefused"];
            421: components["responses"]["HostRefused"];
            429: components["responses"]["AttemptsExceeded"];
            431: components["responses"]["HeadTooLarge"];
            500: components["responses"]["Internal"];
            501: components["responses"]["TransferEncodingUnsupported"];
            505: components["responses"]["HttpVersionUnsupported"];
        };
    };
}
