using System.Globalization;
using System.Text;
using NATS.Server.Auth;
using NATS.Server.Options;
using Xunit;

namespace NATS.Server.UnitTests.Auth;

/// <summary>
/// Random permissions and questions, asked of <see cref="PermissionSet"/> and of a slow model that works on strings.
/// <c>NATS_PROPERTY_CASES</c> sets the number of cases, <c>NATS_PROPERTY_SEED</c> the seed. The long form, of minutes:
/// <c>NATS_PROPERTY_CASES=10000000 artifacts/bin/NATS.Server.UnitTests/debug/NATS.Server.UnitTests --filter-class "*PermissionSetProperty*"</c>.
/// </summary>
public sealed class PermissionSetPropertyTests
{
    private static readonly string[] Tokens = ["a", "b", "c", "*", ">", "a*", "*a", "aaaaaaaaaaaaaaaaaaaaaaaa"];
    private static readonly string[] Queues = ["q", "r", "q.a", "q.*", "*", ">", "q.>", "*.a", "q*"];

    [Fact]
    public void Verdicts_equal_those_of_the_model()
    {
        const int questionsPerSet = 100;
        int cases = Setting("NATS_PROPERTY_CASES", 1_000_000);
        int seed = Setting("NATS_PROPERTY_SEED", 20261121);
        Parallel.For(0, cases / questionsPerSet, set => AskOneSet(new Random(seed + set), questionsPerSet, $"seed {seed}, set {set}"));
    }

    private static void AskOneSet(Random random, int questions, string name)
    {
        string[]? allow = RandomList(random), deny = RandomList(random);
        var options = new SubjectPermissionOptions { Allow = allow, Deny = deny };
        var publish = new SubjectPermissionOptions { Allow = Plain(allow), Deny = Plain(deny) };
        var permissions = new PermissionSet(new PermissionsOptions { Publish = publish, Subscribe = options });
        for (int question = 0; question < questions; question++)
        {
            string subject = RandomSubject(random, malformed: true);
            string queue = random.Next(2) == 0 ? "" : Queues[random.Next(Queues.Length)];
            byte[] subjectBytes = Encoding.ASCII.GetBytes(subject), queueBytes = Encoding.ASCII.GetBytes(queue);
            bool mayPublish = Model.MayPublish(publish, subject), maySubscribe = Model.MaySubscribe(options, subject, queue);
            bool mayDeliver = !Model.IsDenied(options.Deny, subject, queue);
            if (mayPublish == permissions.MayPublish(subjectBytes) && maySubscribe == permissions.MaySubscribe(subjectBytes, queueBytes)
                && mayDeliver == permissions.MayDeliver(subjectBytes, queueBytes)) continue;
            Assert.Fail($"{name}: allow {Show(allow)}, deny {Show(deny)}, '{subject}', queue '{queue}': expected publish {mayPublish}, subscribe {maySubscribe}, deliver {mayDeliver}");
        }
    }

    [Fact]
    public void Explained_verdicts_are_the_verdicts_and_name_entries_that_match()
    {
        int cases = Setting("NATS_PROPERTY_CASES", 200_000);
        int seed = Setting("NATS_PROPERTY_SEED", 20261123);
        const int questionsPerSet = 20;
        Parallel.For(0, cases / questionsPerSet, set => ExplainOneSet(new Random(seed + set), questionsPerSet, $"seed {seed}, set {set}"));
    }

    private static void ExplainOneSet(Random random, int questions, string name)
    {
        string[]? allow = RandomList(random), deny = RandomList(random);
        var permissions = new PermissionSet(new PermissionsOptions
        {
            Publish = new SubjectPermissionOptions { Allow = Plain(allow), Deny = Plain(deny) },
            Subscribe = new SubjectPermissionOptions { Allow = allow, Deny = deny },
        });
        for (int question = 0; question < questions; question++)
        {
            string subject = RandomSubject(random, malformed: true);
            string queue = random.Next(2) == 0 ? "" : Queues[random.Next(Queues.Length)];
            byte[] subjectBytes = Encoding.ASCII.GetBytes(subject), queueBytes = Encoding.ASCII.GetBytes(queue);
            string what = $"{name}: allow {Show(allow)}, deny {Show(deny)}, '{subject}', queue '{queue}'";
            PermissionDecision publish = permissions.ExplainPublish(subjectBytes);
            Equal(permissions.MayPublish(subjectBytes), publish.IsAllowed, "publish, " + what);
            PermissionDecision subscribe = permissions.ExplainSubscribe(subjectBytes, queueBytes);
            Equal(permissions.MaySubscribe(subjectBytes, queueBytes), subscribe.IsAllowed, "subscribe, " + what);
            Equal(permissions.MayDeliver(subjectBytes, queueBytes), permissions.ExplainDelivery(subjectBytes, queueBytes) is null, "deliver, " + what);
            Equal(permissions.NeedsDeliveryCheck(subjectBytes), permissions.FindDeniedParts(subjectBytes).Count > 0, "denied parts, " + what);

            // A list of that entry alone says the same.
            if (publish.Entry is { } entry) Equal(true, new PermissionSet(new PermissionsOptions { Publish = new SubjectPermissionOptions { Allow = [entry] } }).MayPublish(subjectBytes), $"'{entry}', {what}");
            if (subscribe.Entry is not { } subscribing || subscribe.IsForOtherQueue) continue;
            var alone = new PermissionSet(new PermissionsOptions { Subscribe = new SubjectPermissionOptions { Deny = [subscribing] } });
            Equal(false, alone.MaySubscribe(subjectBytes, queueBytes), $"'{subscribing}', {what}");
        }
    }

    // What a subscription that needs no check receives is never denied: the delivery check may be skipped for it.
    [Fact]
    public void Without_need_for_a_check_no_message_is_denied()
    {
        int cases = Setting("NATS_PROPERTY_CASES", 100_000);
        int seed = Setting("NATS_PROPERTY_SEED", 20261122);
        var random = new Random(seed);
        int skipped = 0;
        for (int i = 0; i < cases; i++)
        {
            string[]? deny = RandomList(random);
            var permissions = new PermissionSet(new PermissionsOptions { Subscribe = new SubjectPermissionOptions { Deny = deny } });
            string subscription = RandomSubject(random, malformed: false);
            string subject = RandomSubject(random, malformed: false);
            string queue = random.Next(2) == 0 ? "" : Queues[random.Next(Queues.Length)];
            byte[] queueBytes = Encoding.ASCII.GetBytes(queue);
            if (!Model.Matches(subscription, subject) || !permissions.MaySubscribe(Encoding.ASCII.GetBytes(subscription), queueBytes)) continue;
            if (permissions.NeedsDeliveryCheck(Encoding.ASCII.GetBytes(subscription))) continue;
            skipped++;
            bool mayDeliver = permissions.MayDeliver(Encoding.ASCII.GetBytes(subject), queueBytes);
            Equal(true, mayDeliver, $"seed {seed}, case {i}: deny {Show(deny)}, subscription '{subscription}', queue '{queue}', '{subject}'");
        }

        Assert.True(skipped > cases / 1000, $"only {skipped} cases said something");
    }

    private static void Equal(bool expected, bool actual, string what) => Assert.True(expected == actual, $"expected {expected}: {what}");

    private static string Show(string[]? list) => list is null ? "none" : $"[{string.Join(", ", list)}]";

    private static int Setting(string name, int fallback) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.Integer, CultureInfo.InvariantCulture, out int value) ? value : fallback;

    private static string[]? RandomList(Random random)
    {
        if (random.Next(4) == 0) return null;
        string[] list = new string[random.Next(4)];
        for (int i = 0; i < list.Length; i++)
        {
            string subject = RandomSubject(random, malformed: false);
            list[i] = random.Next(3) == 0 ? subject + " " + Queues[random.Next(Queues.Length)] : subject;
        }

        return list;
    }

    private static string[]? Plain(string[]? list) => list?.Where(entry => !entry.Contains(' ')).ToArray();

    private static string RandomSubject(Random random, bool malformed)
    {
        var tokens = new string[random.Next(1, 4)];
        for (int i = 0; i < tokens.Length; i++)
        {
            tokens[i] = malformed && random.Next(30) == 0 ? "" : Tokens[random.Next(Tokens.Length)];
            if (tokens[i] == ">" && i < tokens.Length - 1 && !malformed) tokens[i] = "*";
        }

        return string.Join('.', tokens);
    }

    private static class Model
    {
        public static bool MayPublish(SubjectPermissionOptions options, string subject) =>
            (options.Allow is null || options.Allow.Any(entry => Matches(entry, subject))) && options.Deny?.Any(entry => Matches(entry, subject)) != true;

        public static bool MaySubscribe(SubjectPermissionOptions options, string subject, string queue)
        {
            bool allowed = true;
            if (options.Allow is not null)
            {
                allowed = options.Allow.Any(entry => QueueOf(entry) is null && Matches(SubjectOf(entry), subject));
                string[] queues = [.. options.Allow.Where(entry => QueueOf(entry) is not null && Matches(SubjectOf(entry), subject))];
                if (queue.Length > 0 && queues.Length > 0) allowed = queues.Any(entry => QueueMatches(queue, QueueOf(entry)!));
            }

            return allowed && !IsDenied(options.Deny, subject, queue);
        }

        public static bool IsDenied(IReadOnlyList<string>? deny, string subject, string queue) =>
            deny is not null && deny.Any(entry =>
                Matches(SubjectOf(entry), subject) && (QueueOf(entry) is not { } group || (queue.Length > 0 && QueueMatches(queue, group))));

        public static bool Matches(string filter, string subject)
        {
            string[] wanted = filter.Split('.'), given = subject.Split('.');
            if (given.Contains("")) return false;
            for (int i = 0; i < wanted.Length; i++)
            {
                if (i >= given.Length) return false;
                if (wanted[i] == ">") return true;
                if (wanted[i] != "*" && wanted[i] != given[i]) return false;
            }

            return wanted.Length == given.Length;
        }

        private static string SubjectOf(string entry) => entry.Split(' ')[0];

        private static string? QueueOf(string entry) => entry.Split(' ') is [_, var queue] ? queue : null;

        private static bool QueueMatches(string queue, string group)
        {
            if (queue == group) return true;
            string[] wanted = group.Split('.'), given = queue.Split('.');
            if (!wanted.Contains("*") && !wanted.Contains(">")) return false;
            for (int i = 0; i < wanted.Length; i++)
            {
                if (i >= given.Length) return false;
                if (wanted[i] == ">") return true;
                if (given[i] == ">") return false;
                if (given[i] == "*" && wanted[i] != "*") return false;
                if (wanted[i] != "*" && wanted[i] != given[i]) return false;
            }

            return wanted.Length == given.Length;
        }
    }
}
