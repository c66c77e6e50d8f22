using System.Globalization;
using System.Text;
using System.Text.Json;
using NATS.Server.Core.JetStream.Schedules;
using NATS.Server.Core.Storage;
using NATS.Server.InteropTests.Storage;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.JetStream;

/// <summary>When schedules are due by the real server, which writes it down when it stops.</summary>
public sealed class ScheduleInteropTests
{
    private const long Year = 365L * 24 * 3600 * 1_000_000_000;

    // Clocks that change at midnight, by half an hour, by two hours, in Ramadan, in winter, and not at all.
    private static readonly string[] Zones =
    [
        "", "UTC", "Europe/Amsterdam", "Europe/London", "Europe/Dublin", "America/New_York", "America/Havana", "America/Santiago", "America/St_Johns", "Africa/Cairo", "Africa/Casablanca",
        "Asia/Beirut", "Asia/Jerusalem", "Asia/Kathmandu", "Australia/Lord_Howe", "Australia/Sydney", "Antarctica/Troll", "Pacific/Chatham", "Pacific/Kiritimati", "Atlantic/Azores", "Asia/Tokyo",
    ];

    [Fact]
    public async Task Patterns_are_refused_and_accepted_alike()
    {
        string[] patterns =
        [
            "0 0 0 1 1 *", "0 0 0 1 1 ?", "? ? ? 1 1 ?", "@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly", "@Hourly", "@reboot", "@every 1h", "@every 999ms", "@every 1s500ms",
            "@every  1h", "@every", "@every 1", "@every -5s", "@every 1000h", "@at 2099-01-02T03:04:05Z", "@at 2099-01-02T3:04:05Z", "@at 2099-01-02T03:04:05.123456789Z", "@at 2099-01-02T03:04:05,5Z",
            "@at 2099-01-02T03:04:05.1234567890123Z", "@at 2099-01-02T03:04:05+24:60", "@at 2099-01-02T03:04:05+25:00", "@at 2099-01-02T03:04:05-01:30", "@at 2099-01-02T03:04:05", "@at 2099-01-02t03:04:05z",
            "@at 2099-02-29T03:04:05Z", "@at 2096-02-29T03:04:05Z", "@at 2099-01-02T24:04:05Z", "@at 2099-01-02T03:04:60Z", "@at 2099-1-2T03:04:05Z", "@at 2099-01-02 03:04:05Z", "@at  2099-01-02T03:04:05Z",
            "@at 2099-01-02T03:04:05Z ", "@at 2099-01-02T03:04:05.Z", "@at 2099-01-02T03:04:05+0100", "@at 2099-13-02T03:04:05Z", "@at tomorrow", "0 0 0 1 1", "0 0 0 1 1 * *", "60 0 0 1 1 *", "0 60 0 1 1 *",
            "0 0 24 1 1 *", "0 0 0 0 1 *", "0 0 0 32 1 *", "0 0 0 1 13 *", "0 0 0 1 0 *", "0 0 0 * 1 7", "0 0 0 1 JAN *", "0 0 0 1 jan *", "0 0 0 1 January *", "0 0 0 * 1 MON-FRI", "0 0 0 * 1 fri-mon",
            "0 0 0 * 1 sun,sat", "5-10 0 0 1 1 *", "10-5 0 0 1 1 *", "5-10/2 0 0 1 1 *", "5/20 0 0 1 1 *", "*/0 0 0 1 1 *", "*/61 0 0 1 1 *", "*/x 0 0 1 1 *", "*/5/5 0 0 1 1 *", "1-2-3 0 0 1 1 *", "*-5 0 0 1 1 *",
            "0 0 0 *-1-2 1 *", "0,30 0 0 1 1 *", "0,,30 0 0 1 1 *", ",0 0 0 1 1 *", "0 0 0 , 1 *", "+5 0 0 1 1 *", "-5 0 0 1 1 *", "0 0 0 30 2 *", "0 0 0 29 2 *", "0 0 0 31 4,6 *", "0\t0  0 1 1 *", " 0 0 0 1 1 * ",
            "99999999999999999999 0 0 1 1 *", "0 0 0 1-5 1 mon", "0 0 0 */2 1 mon", "0 0 0 * 1 */2", "0 0 0 13 * fri", "a b c d e f", "0 0 0 1 *jan *", "0 0 0 1/10 1 *", "0 0 0 1 1/3 *", "0 0 0 1 nov/2 *",
        ];
        await CompareAsync([.. patterns.Select(static pattern => (pattern, "")), .. patterns.Select(static pattern => (pattern, "Europe/Amsterdam"))]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Random_patterns_are_due_at_the_same_instants(int seed)
    {
        var random = new Random(seed);
        string Any(params string[] choices) => choices[random.Next(choices.Length)];
        List<(string, string)> schedules = [];
        for (int i = 0; i < 500; i++)
        {
            string second = Any("0", "30", "*/15", "59", "10-20");
            string minute = Any("0", "30", "0,30", "*/20", "59", "1-10/3");
            string hour = Any("0", "1", "2", "3", "23", "0-3", "*/6", "*", "2,3");
            string day = Any("*", "?", "1", "25-31", "31", "8-14", "*/2", "5", "28");
            string month = Any("*", "mar", "apr", "feb", "9,10", "10,11", "3-4", "11", "jan/3");
            string weekday = Any("*", "*", "sun", "fri,sat", "0-2", "*/3", "5");
            string zone = Zones[random.Next(Zones.Length)];

            // What is due every few minutes would be published while it is compared.
            if (day is "*" or "?" && weekday == "*" && month == "*") month = "mar";
            schedules.Add(($"{second} {minute} {hour} {day} {month} {weekday}", zone));
        }

        await CompareAsync(schedules);
    }

    [Fact]
    public async Task Clocks_that_change_do_not_move_schedules_elsewhere()
    {
        // Each hour of the days around the changes of 2027 and, where those are over, of 2028.
        (string Zone, string Days, string Month)[] changes =
        [
            ("Europe/Amsterdam", "28", "3"), ("Europe/Amsterdam", "31", "10"), ("America/New_York", "14", "3"), ("America/New_York", "7", "11"), ("America/Havana", "14", "3"), ("America/Havana", "13", "3"),
            ("America/Havana", "7", "11"), ("America/Santiago", "4", "9"), ("America/Santiago", "5", "9"), ("America/Santiago", "4", "4"), ("America/Santiago", "3", "4"), ("Africa/Cairo", "30", "4"), ("Africa/Cairo", "29", "4"), ("Africa/Cairo", "28", "10"),
            ("Asia/Beirut", "28", "3"), ("Asia/Beirut", "27", "3"), ("Asia/Beirut", "30", "10"), ("Asia/Beirut", "31", "10"), ("Australia/Lord_Howe", "3", "10"), ("Australia/Lord_Howe", "4", "4"), ("Antarctica/Troll", "28", "3"), ("Antarctica/Troll", "31", "10"),
            ("Europe/London", "28", "3"), ("Europe/London", "31", "10"), ("Atlantic/Azores", "28", "3"), ("Atlantic/Azores", "27", "3"),
        ];
        List<(string, string)> schedules = [];
        foreach ((string zone, string days, string month) in changes)
        {
            for (int hour = 0; hour < 5; hour++) schedules.AddRange([($"0 0 {hour} {days} {month} *", zone), ($"0 30 {hour} {days} {month} *", zone), ($"0 15-45/15 {hour}-23 {days} {month} *", zone)]);
            schedules.AddRange([($"0 30 23 {days} {month} *", zone), ($"0 0 0 {days} {month} *", zone), ($"0 0 12 {days} {month} *", zone), ($"0 0 */5 {days} {month} *", zone)]);
        }

        await CompareAsync(schedules);
    }

    private static async Task CompareAsync(IReadOnlyList<(string Pattern, string Zone)> schedules)
    {
        await using ServerProcess server = await ReferenceServer.StartAsync(new ServerProcessOptions { Arguments = ["-js", "-sd", "$FOLDER"] });
        await using JetStreamScript script = await JetStreamScript.ConnectAsync(server);
        await script.RequestAsync("$JS.API.STREAM.CREATE.S", """{"name":"S","subjects":["s.>"],"storage":"file","allow_msg_schedules":true}""");
        long before = Now();
        List<bool> accepted = [];
        for (int i = 0; i < schedules.Count; i++)
        {
            string zone = schedules[i].Zone.Length == 0 ? "" : $"Nats-Schedule-Time-Zone: {schedules[i].Zone}\r\n";
            JsonElement answer = await script.AskAsync($"s.{i}", "x", $"NATS/1.0\r\nNats-Schedule: {schedules[i].Pattern}\r\n{zone}Nats-Schedule-Target: s.target\r\n\r\n");
            accepted.Add(!answer.TryGetProperty("error", out _));
        }

        await server.StopAsync();
        long after = Now();
        string path = Assert.Single(Directory.GetFiles(server.Folder, "sched.db", SearchOption.AllDirectories));
        Assert.True(SchedulesFile.TryDecode(await File.ReadAllBytesAsync(path), out List<StoredSchedule>? stored, out _));
        Dictionary<string, long> due = stored.ToDictionary(schedule => Encoding.Latin1.GetString(schedule.Subject), schedule => schedule.TimeNs, StringComparer.Ordinal);
        List<string> wrong = [];
        for (int i = 0; i < schedules.Count; i++)
        {
            (string pattern, string name) = schedules[i];

            // Values of headers lose the spaces before them.
            string value = pattern.TrimStart(' ');
            TimeZoneInfo? zone = name.Length == 0 ? null : TimeZoneInfo.FindSystemTimeZoneById(name);
            bool isOurs = Schedule.TryNext(value, zone, before, before, out ScheduledTime first);
            if (isOurs != accepted[i])
            {
                wrong.Add($"'{pattern}' {name}: we say {isOurs}, the reference {accepted[i]}");
                continue;
            }

            if (!isOurs) continue;
            Schedule.TryNext(value, zone, after, after, out ScheduledTime last);
            long actual = due.GetValueOrDefault($"s.{i}");
            if (actual < first.TimeNs || actual > last.TimeNs) wrong.Add($"'{pattern}' {name}: we say {Show(first.TimeNs)}, the reference {Show(actual)}");
        }

        Assert.Empty(wrong);
    }

    private static string Show(long timeNs) => timeNs is < 0 or > 200 * Year ? timeNs.ToString(CultureInfo.InvariantCulture) : DateTime.UnixEpoch.AddTicks(timeNs / 100).ToString("u");

    private static long Now() => (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
}
