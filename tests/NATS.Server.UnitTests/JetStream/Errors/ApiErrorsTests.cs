using System.Buffers;
using System.Reflection;
using System.Text;
using System.Text.Json;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.Protocol;
using Xunit;

namespace NATS.Server.UnitTests.JetStream.Errors;

/// <summary>The catalogue of JetStream's errors as data and as code.</summary>
public sealed class ApiErrorsTests
{
    private static readonly IReadOnlyList<ApiErrorRow> Rows = ApiErrorsSource.Read();

    [Fact]
    public void The_generated_code_is_what_the_data_gives()
    {
        // scripts/generate-api-errors.sh sets this to have the files written instead of compared.
        bool writes = Environment.GetEnvironmentVariable("NATS_GENERATE") == "1";
        foreach ((string name, string text) in ApiErrorsSource.Generate(Rows))
        {
            string path = Path.Combine(ApiErrorsSource.Folder, name);
            if (writes) File.WriteAllText(path, text);
            Assert.Equal(text, File.ReadAllText(path));
        }
    }

    [Fact]
    public void There_are_226_errors_without_a_hole()
    {
        Assert.Equal(Enumerable.Range(10002, 226), Rows.Select(row => row.ErrorCode));
        Assert.Equal(226, Rows.Select(row => row.Name).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void Kinds_are_as_often_as_in_the_reference()
    {
        Dictionary<int, int> kinds = Rows.CountBy(row => row.Code).ToDictionary();
        Assert.Equal(new Dictionary<int, int> { [400] = 171, [500] = 33, [503] = 12, [404] = 4, [429] = 3, [412] = 2, [409] = 1 }, kinds);
    }

    [Fact]
    public void Each_member_makes_the_error_of_its_row()
    {
        foreach (ApiErrorRow row in Rows)
        {
            ApiError error = Make(row);
            Assert.Equal((row.Code, row.ErrorCode, row.Name), (error.Code, (int)error.ErrorCode, error.ErrorCode.ToString()));
            string expected = row.Description;
            foreach (string placeholder in ApiErrorsSource.Placeholders(row.Description)) expected = expected.Replace($"{{{placeholder}}}", placeholder is "seq" or "max" ? "7" : $"<{placeholder}>");
            Assert.Equal(expected, error.Description);
        }
    }

    [Fact]
    public void An_error_is_written_as_clients_read_it()
    {
        Assert.Equal("""{"code":404,"err_code":10059,"description":"stream not found"}""", Json(static json => ApiErrors.StreamNotFound.Write(json)));
        Assert.Equal(
            """{"type":"io.nats.jetstream.api.v1.stream_info_response","error":{"code":400,"err_code":10025,"description":"invalid JSON: \u003c\"\u003e"}}""",
            Json(static json =>
            {
                json.WriteStartObject();
                ApiErrors.InvalidJSON("<\">").WriteAnswer(json, "io.nats.jetstream.api.v1.stream_info_response");
                json.WriteEndObject();
            }));
    }

    [Fact]
    public void Logs_show_the_text_and_the_code() => Assert.Equal("wrong last sequence: 5 (10071)", ApiErrors.StreamWrongLastSequence(5).ToString());

    private static ApiError Make(ApiErrorRow row)
    {
        MemberInfo member = Assert.Single(typeof(ApiErrors).GetMember(row.Name));
        return member is PropertyInfo property
            ? (ApiError)property.GetValue(null)!
            : (ApiError)((MethodInfo)member).Invoke(null, [.. ((MethodInfo)member).GetParameters().Select(ArgumentFor)])!;
    }

    private static object ArgumentFor(ParameterInfo parameter) =>
        parameter.ParameterType == typeof(string) ? $"<{parameter.Name}>" : parameter.ParameterType == typeof(ulong) ? (object)7UL : 7;

    private static string Json(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = GoJsonEncoder.Instance })) write(json);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
